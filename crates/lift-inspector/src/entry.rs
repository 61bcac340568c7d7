//! A line of the timeline: what was seen, in the few fields that all kinds share. Payloads stay as they
//! came; they are masked and cut when a page asks for them, so that nobody pays while nobody looks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, StatusCode};
use lift_gateway::{
    ConnectionInfo, FailureCause, GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource,
};
use serde::Serialize;

use super::{mask::Mask, summary};

/// A payload in the timeline is cut to about so many bytes; whoever asks for the entry gets all.
const PREVIEW: usize = 2 * 1024;

/// What an entry takes beside its payload, roughly.
const OVERHEAD: usize = 256;

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A client is in.
    Open,
    /// A client is not let in.
    Refused,
    /// A connection ended.
    Close,
    /// A message of a client.
    In,
    /// The function is invoked.
    Event,
    /// The function answered.
    Reply,
    /// A two-way route's reply on its way to the client.
    Out,
    /// An error frame of the gateway.
    Error,
    /// Why a message or a handshake fails, when the function did not say so itself.
    Failed,
    /// A message from `@connections`.
    Post,
    /// Another call of `@connections`, or one that failed.
    Call,
    /// A line that the function wrote.
    Log,
}

/// What is to be kept of something that was seen.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    at: SystemTime,
    pub(crate) kind: Kind,
    pub(crate) connection: Option<Id>,
    /// Names the invocation that an event starts, a reply ends, and a line was written in.
    pub(crate) invocation: Option<Id>,
    /// Of a reply, the event's number.
    pub(crate) event: Option<u64>,
    /// The route key; of an event and its reply, `None` is the authorizer.
    pub(crate) route: Option<String>,
    code: Option<u16>,
    took: Option<Duration>,
    words: Option<String>,
    failed: bool,
    pub(crate) data: Bytes,
}

/// A kept line of the timeline.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) note: Note,
}

impl Note {
    fn new(at: SystemTime, kind: Kind) -> Self {
        Self {
            at,
            kind,
            connection: None,
            invocation: None,
            event: None,
            route: None,
            code: None,
            took: None,
            words: None,
            failed: false,
            data: Bytes::new(),
        }
    }

    /// An event that somebody invokes the function with once more.
    pub(crate) fn replayed(event: &Self, data: Bytes) -> Self {
        let words = Some("replayed".to_owned());
        let (connection, route) = (event.connection, event.route.clone());
        Self { connection, route, words, data, ..Self::new(SystemTime::now(), Kind::Event) }
    }

    /// What the function answered to an event.
    pub(crate) fn answer(
        at: SystemTime,
        took: Duration,
        result: &Result<Bytes, InvokeError>,
    ) -> Self {
        Self {
            took: Some(took),
            failed: result.is_err(),
            words: result.as_ref().err().map(ToString::to_string),
            data: result.clone().unwrap_or_default(),
            ..Self::new(at, Kind::Reply)
        }
    }

    /// The same as the answer to an event that is an entry already.
    pub(crate) fn to(self, number: u64, event: &Self) -> Self {
        let (connection, route) = (event.connection, event.route.clone());
        Self { connection, route, event: Some(number), ..self }
    }

    /// A line that a process of the function wrote.
    pub(crate) fn line(at: SystemTime, process: u64, invocation: Option<Id>, text: &str) -> Self {
        let words = Some(format!("process {process}"));
        let data = Bytes::copy_from_slice(text.as_bytes());
        Self { words, data, invocation, ..Self::new(at, Kind::Log) }
    }

    /// What is to be kept; `None` for what another line says already.
    pub(crate) fn of(at: SystemTime, event: &GatewayEvent) -> Option<Self> {
        let GatewayEvent { connection, kind, .. } = event;
        let note = |kind| Self { connection: Some(*connection), ..Self::new(at, kind) };
        Some(match kind {
            GatewayEventKind::Invoked { invocation, route, payload } => Self {
                invocation: Some(*invocation),
                route: route.clone(),
                data: payload.clone(),
                ..note(Kind::Event)
            },
            GatewayEventKind::Answered { invocation, took, result } => Self {
                connection: Some(*connection),
                invocation: Some(*invocation),
                ..Self::answer(at, *took, result)
            },
            GatewayEventKind::Opened(client) => {
                Self { words: Some(words(client)), ..note(Kind::Open) }
            }
            GatewayEventKind::Refused { client, status } => Self {
                words: Some(words(client)),
                code: Some(status.as_u16()),
                failed: true,
                ..note(Kind::Refused)
            },
            // A copy, for the message may be a small piece of a large buffer.
            GatewayEventKind::Received { data, binary } => Self {
                words: binary.then(|| "binary".to_owned()),
                failed: *binary,
                data: Bytes::copy_from_slice(data),
                ..note(Kind::In)
            },
            GatewayEventKind::Failed { invocation, cause } => Self {
                words: Some(why(cause)),
                failed: true,
                invocation: *invocation,
                ..note(Kind::Failed)
            },
            GatewayEventKind::Sent { data, source } => match source {
                MessageSource::Reply => Self { data: data.clone(), ..note(Kind::Out) },
                MessageSource::Error => {
                    Self { data: data.clone(), failed: true, ..note(Kind::Error) }
                }
                MessageSource::Post => Self { data: data.clone(), ..note(Kind::Post) },
            },
            GatewayEventKind::Called { method: Method::POST, status: StatusCode::OK } => {
                return None;
            }
            GatewayEventKind::Called { method, status } => Self {
                words: Some(format!("{method} @connections")),
                code: Some(status.as_u16()),
                failed: !status.is_success(),
                ..note(Kind::Call)
            },
            GatewayEventKind::Closed { code, reason } => Self {
                code: Some(*code),
                words: Some(reason.clone()).filter(|reason| !reason.is_empty()),
                ..note(Kind::Close)
            },
            _ => return None,
        })
    }
}

fn words(client: &ConnectionInfo) -> String {
    let agent = client.user_agent.as_deref().unwrap_or("no user agent");
    format!("{}, {agent}", client.source_ip)
}

fn why(cause: &FailureCause) -> String {
    match cause {
        FailureCause::NoRoute { selected: Some(key), .. } => format!("no route is called {key:?}"),
        FailureCause::NoRoute { selected: None, .. } => "the message selects no route".to_owned(),
        FailureCause::Throttled { route } => format!("too many messages for {route}"),
        FailureCause::Model { reason, .. } => format!("no model allows the message: {reason}"),
        FailureCause::Reply { reason } => format!("the reply is malformed: {reason}"),
        FailureCause::TimedOut { after } => format!("no reply after {after:?}"),
        other => format!("{other:?}"),
    }
}

impl Entry {
    /// The bytes that it holds, roughly.
    pub(crate) fn size(&self) -> usize {
        let Note { words, route, data, .. } = &self.note;
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        OVERHEAD + data.len() + text(words) + text(route)
    }

    /// The entry as a page gets it, all of it.
    pub(crate) fn whole(&self, mask: &Mask) -> Shown<'_> {
        let note = &self.note;
        let code = note.code.or_else(|| status(note.kind, &note.data));
        let refuses = note.kind == Kind::Reply && code.is_some_and(|code| code >= 400);
        let text = mask.text(&String::from_utf8_lossy(&note.data));
        Shown {
            id: self.number,
            at: millis(note.at),
            kind: note.kind,
            connection: note.connection.as_ref().map(Id::as_str),
            event: note.event,
            route: note.route.as_deref(),
            code,
            took: note.took.map(|took| took.as_secs_f64() * 1000.0),
            words: note.words.as_deref().map(|words| mask.text(words)),
            failed: note.failed || refuses,
            bytes: note.data.len(),
            summary: summary::of(note.kind, &text),
            text,
            cut: false,
        }
    }

    /// The same for the timeline, where a long payload is cut.
    pub(crate) fn preview(&self, mask: &Mask) -> Shown<'_> {
        let mut shown = self.whole(mask);
        if shown.text.len() > PREVIEW {
            shown.text.truncate(shown.text.floor_char_boundary(PREVIEW));
            shown.cut = true;
        }
        shown
    }
}

/// An entry as a page gets it: masked.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    id: u64,
    /// Milliseconds since 1970.
    at: f64,
    kind: Kind,
    connection: Option<&'a str>,
    /// Of a reply, the event's id.
    event: Option<u64>,
    route: Option<&'a str>,
    /// A status, or a close code.
    code: Option<u16>,
    /// Milliseconds.
    took: Option<f64>,
    words: Option<String>,
    failed: bool,
    bytes: usize,
    summary: Option<String>,
    text: String,
    cut: bool,
}

/// The status that a reply has.
fn status(kind: Kind, reply: &[u8]) -> Option<u16> {
    #[derive(serde::Deserialize)]
    struct Status {
        #[serde(rename = "statusCode")]
        code: u16,
    }
    let is_reply = kind == Kind::Reply;
    is_reply
        .then(|| serde_json::from_slice::<Status>(reply).ok())
        .flatten()
        .map(|status| status.code)
}

fn millis(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}

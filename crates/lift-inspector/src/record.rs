//! What is kept of an event of the gateway or of a log line, in the fields that all kinds share.
//! Payloads stay unchanged; they are masked and cut when a page reads them.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, StatusCode};
use lift_gateway::{
    ConnectionInfo, FailureCause, GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource,
    OutcomeError,
};
use serde::Serialize;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryKind {
    /// A client is connected.
    Open,
    /// A handshake is refused.
    Refused,
    /// A connection ended.
    Close,
    /// A message of a client.
    In,
    /// The function is invoked.
    Event,
    /// The function returned.
    Reply,
    /// A reply of a two-way route is sent to the client.
    Out,
    /// An error frame of the gateway.
    Error,
    /// A message or a handshake failed, for a reason other than the function's reply.
    Failed,
    /// A message from `@connections`.
    Post,
    /// Another call of `@connections`, or one that failed.
    Call,
    /// A line that the function wrote.
    Log,
}

/// What is kept of an event or a log line.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) at: SystemTime,
    pub(crate) kind: EntryKind,
    pub(crate) connection: Option<Id>,
    /// The invocation that an event starts, a reply ends, or a line was written in.
    pub(crate) invocation: Option<Id>,
    /// Of a reply and of a log line: the number of the event's entry.
    pub(crate) event: Option<u64>,
    /// The route key. Of an event and its reply, `None` is the authorizer.
    pub(crate) route: Option<String>,
    pub(crate) code: Option<u16>,
    pub(crate) took: Option<Duration>,
    pub(crate) note: Option<String>,
    /// Of a reply: the error that it means.
    pub(crate) error: Option<OutcomeError>,
    pub(crate) failed: bool,
    /// Of a reply: why there is none.
    pub(crate) failure: Option<InvokeError>,
    /// Of a new connection: its client.
    pub(crate) client: Option<Box<ConnectionInfo>>,
    pub(crate) data: Bytes,
}

impl Record {
    fn new(at: SystemTime, kind: EntryKind) -> Self {
        Self {
            at,
            kind,
            connection: None,
            invocation: None,
            event: None,
            route: None,
            code: None,
            took: None,
            note: None,
            error: None,
            failed: false,
            failure: None,
            client: None,
            data: Bytes::new(),
        }
    }

    /// An event that is not of a connection.
    pub(crate) fn invoked(at: SystemTime, invocation: Id, name: String, data: Bytes) -> Self {
        let (invocation, route) = (Some(invocation), Some(name));
        Self { invocation, route, data, ..Self::new(at, EntryKind::Event) }
    }

    /// An event that is replayed.
    pub(crate) fn replayed(event: &Self, data: Bytes) -> Self {
        let note = Some("replayed".to_owned());
        let (connection, route) = (event.connection, event.route.clone());
        Self { connection, route, note, data, ..Self::new(SystemTime::now(), EntryKind::Event) }
    }

    /// The reply of the function, or why there is none.
    pub(crate) fn reply(
        at: SystemTime,
        took: Duration,
        result: &Result<Bytes, InvokeError>,
        error: Option<&OutcomeError>,
    ) -> Self {
        Self {
            took: Some(took),
            failed: error.is_some(),
            error: error.cloned(),
            note: result.as_ref().err().map(ToString::to_string),
            failure: result.as_ref().err().cloned(),
            data: result.clone().unwrap_or_default(),
            ..Self::new(at, EntryKind::Reply)
        }
    }

    /// The reply as the one to the event in entry `number`.
    pub(crate) fn in_reply_to(self, number: u64, event: &Self) -> Self {
        let (connection, route) = (event.connection, event.route.clone());
        Self { connection, route, event: Some(number), ..self }
    }

    /// A line that a process of the function wrote.
    pub(crate) fn log_line(
        at: SystemTime,
        process: u64,
        invocation: Option<Id>,
        text: &str,
    ) -> Self {
        let note = Some(format!("process {process}"));
        let data = Bytes::copy_from_slice(text.as_bytes());
        Self { note, data, invocation, ..Self::new(at, EntryKind::Log) }
    }

    /// The record of an event of the gateway. `None`: another record has the same.
    pub(crate) fn of(at: SystemTime, event: &GatewayEvent) -> Option<Self> {
        let GatewayEvent { connection, kind, .. } = event;
        let record = |kind| Self { connection: Some(*connection), ..Self::new(at, kind) };
        Some(match kind {
            GatewayEventKind::Invoked { invocation, route, payload } => Self {
                invocation: Some(*invocation),
                route: route.clone(),
                data: payload.clone(),
                ..record(EntryKind::Event)
            },
            GatewayEventKind::Answered { invocation, took, result, error } => Self {
                connection: Some(*connection),
                invocation: Some(*invocation),
                ..Self::reply(at, *took, result, error.as_ref())
            },
            GatewayEventKind::Opened(client) => Self {
                note: Some(client_text(client)),
                client: Some(client.clone()),
                ..record(EntryKind::Open)
            },
            GatewayEventKind::Refused { client, status } => Self {
                note: Some(client_text(client)),
                code: Some(status.as_u16()),
                failed: true,
                ..record(EntryKind::Refused)
            },
            // A copy, for the message may be a small piece of a large buffer.
            GatewayEventKind::Received { data, binary } => Self {
                note: binary.then(|| "binary".to_owned()),
                failed: *binary,
                data: Bytes::copy_from_slice(data),
                ..record(EntryKind::In)
            },
            GatewayEventKind::Failed { invocation, cause } => Self {
                note: Some(cause_text(cause)),
                failed: true,
                invocation: *invocation,
                ..record(EntryKind::Failed)
            },
            GatewayEventKind::Sent { data, source } => match source {
                MessageSource::Reply => Self { data: data.clone(), ..record(EntryKind::Out) },
                MessageSource::Error => {
                    Self { data: data.clone(), failed: true, ..record(EntryKind::Error) }
                }
                MessageSource::Post => Self { data: data.clone(), ..record(EntryKind::Post) },
            },
            GatewayEventKind::Called { method: Method::POST, status: StatusCode::OK } => {
                return None;
            }
            GatewayEventKind::Called { method, status } => Self {
                note: Some(format!("{method} @connections")),
                code: Some(status.as_u16()),
                failed: !status.is_success(),
                ..record(EntryKind::Call)
            },
            GatewayEventKind::Closed { code, reason } => Self {
                code: Some(*code),
                note: Some(reason.clone()).filter(|reason| !reason.is_empty()),
                ..record(EntryKind::Close)
            },
            _ => return None,
        })
    }
}

fn client_text(client: &ConnectionInfo) -> String {
    let agent = client.user_agent.as_deref().unwrap_or("no user agent");
    format!("{}, {agent}", client.source_ip)
}

fn cause_text(cause: &FailureCause) -> String {
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

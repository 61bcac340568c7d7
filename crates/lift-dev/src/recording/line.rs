//! The lines of a recording.

use std::time::Duration;

use bytes::Bytes;
use lift_gateway::{GatewayEventKind, Id, InvokeError, MessageSource};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The first line: what was recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The version of the format.
    pub(crate) recording: u32,
    /// The name of the app.
    pub(crate) app: String,
    /// The stage that the gateway served.
    pub(crate) stage: String,
}

/// Every other line: something that happened to a connection.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
pub(crate) struct Line {
    /// In milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) connection: String,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum What {
    /// The function got an event.
    Event {
        invocation: u64,
        /// Missing for the authorizer.
        #[serde(skip_serializing_if = "Option::is_none")]
        route: Option<String>,
        event: Box<RawValue>,
    },
    /// The function answered.
    Reply { invocation: u64, took_ms: f64, reply: Box<RawValue> },
    /// The function failed.
    Failure { invocation: u64, took_ms: f64, error: Failure },
    /// The client was let in.
    Opened,
    /// The client sent a message.
    Received { message: Text },
    /// A message went to the client.
    Sent { from: Source, message: Text },
    /// The connection ended.
    Closed { code: u16, reason: String },
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// Where a message to a client came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Reply,
    Gateway,
    Post,
}

/// A message: text, or base64 of what is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Text {
    Text(String),
    Base64(String),
}

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                bytes,
            )),
        }
    }
}

impl What {
    /// What the gateway tells, if it belongs into a recording. `number` gives an invocation its
    /// number.
    pub(super) fn told(what: GatewayEventKind, number: impl FnOnce(Id) -> u64) -> Option<Self> {
        Some(match what {
            GatewayEventKind::Invoked { invocation, route, payload } => {
                // The gateway wrote the event, so it is JSON.
                let event = raw(&payload)?;
                Self::Event { invocation: number(invocation), route, event }
            }
            GatewayEventKind::Answered { invocation, took, result } => {
                answer(number(invocation), took, result)
            }
            GatewayEventKind::Opened(_) => Self::Opened,
            GatewayEventKind::Received { data, .. } => Self::Received { message: Text::new(&data) },
            GatewayEventKind::Sent { data, source } => {
                Self::Sent { from: source.into(), message: Text::new(&data) }
            }
            GatewayEventKind::Closed { code, reason } => Self::Closed { code, reason },
            _ => return None,
        })
    }
}

/// The line of an answer.
fn answer(invocation: u64, took: Duration, result: Result<Bytes, InvokeError>) -> What {
    let took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    match outcome(result) {
        Ok(reply) => What::Reply { invocation, took_ms, reply },
        Err(error) => What::Failure { invocation, took_ms, error },
    }
}

/// What a function answered, as a recording has it. A reply that is no JSON is a failure there, as
/// it was to the client.
pub(crate) fn outcome(result: Result<Bytes, InvokeError>) -> Result<Box<RawValue>, Failure> {
    let failure = |kind: &str, message| Failure { kind: kind.to_owned(), message };
    match result {
        Ok(reply) => raw(&reply)
            .ok_or_else(|| failure("Malformed", String::from_utf8_lossy(&reply).into_owned())),
        Err(error) => Err(match error.function_error() {
            Some((kind, message)) => failure(kind, message.to_owned()),
            None => failure("Lambda", error.to_string()),
        }),
    }
}

/// JSON as it is, on one line. A function may write line breaks between its values.
fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let raw: Box<RawValue> = serde_json::from_slice(json).ok()?;
    match raw.get().contains(['\n', '\r']) {
        false => Some(raw),
        true => {
            let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
            serde_json::value::to_raw_value(&value).ok()
        }
    }
}

/// A line as it stands in the file. An enum would lose the text of the event while it is read.
#[derive(Deserialize)]
struct Flat {
    at: u64,
    connection: String,
    kind: String,
    invocation: Option<u64>,
    took_ms: Option<f64>,
    route: Option<String>,
    event: Option<Box<RawValue>>,
    reply: Option<Box<RawValue>>,
    error: Option<Failure>,
    from: Option<Source>,
    message: Option<Text>,
    code: Option<u16>,
    reason: Option<String>,
}

impl TryFrom<Flat> for Line {
    type Error = String;

    fn try_from(flat: Flat) -> Result<Self, String> {
        let Flat { at, connection, kind, .. } = flat;
        let what =
            match &*kind {
                "event" => flat.invocation.zip(flat.event).map(|(invocation, event)| What::Event {
                    invocation,
                    route: flat.route,
                    event,
                }),
                "reply" => flat.invocation.zip(flat.reply).map(|(invocation, reply)| What::Reply {
                    invocation,
                    took_ms: flat.took_ms.unwrap_or_default(),
                    reply,
                }),
                "failure" => flat.invocation.zip(flat.error).map(|(invocation, error)| {
                    What::Failure { invocation, took_ms: flat.took_ms.unwrap_or_default(), error }
                }),
                "opened" => Some(What::Opened),
                "received" => flat.message.map(|message| What::Received { message }),
                "sent" => {
                    flat.from.zip(flat.message).map(|(from, message)| What::Sent { from, message })
                }
                "closed" => {
                    flat.code.zip(flat.reason).map(|(code, reason)| What::Closed { code, reason })
                }
                _ => return Err(format!("`{kind}` is no kind of line")),
            };
        let what = what.ok_or_else(|| format!("a line of kind `{kind}` lacks a field"))?;
        Ok(Self { at, connection, what })
    }
}

impl From<MessageSource> for Source {
    fn from(source: MessageSource) -> Self {
        match source {
            MessageSource::Reply => Self::Reply,
            MessageSource::Error => Self::Gateway,
            MessageSource::Post => Self::Post,
        }
    }
}

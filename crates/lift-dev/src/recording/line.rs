//! The lines of a recording.

use std::time::Duration;

use bytes::Bytes;
use lift_gateway::{GatewayEventKind, Id, InvokeError, MessageSource, Outcome, OutcomeError};
use lift_invoke::{InvocationEventKind, sqs};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::VERSION;

/// The first line: the app and its stage.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of the format.
    pub(crate) recording: u32,
    /// The name of the app.
    pub(crate) app: String,
    /// The stage that the gateway served.
    pub(crate) stage: String,
}

impl Header {
    pub(crate) fn new(app: String, stage: &str) -> Self {
        Self { recording: VERSION, app, stage: stage.to_owned() }
    }
}

/// Every other line: an event of a connection, or the end of an incomplete recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
pub(crate) struct Line {
    /// In milliseconds since 1970.
    pub(crate) at: u64,
    /// Empty for an invocation of another source, and for the end of an incomplete recording.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) connection: String,
    #[serde(flatten)]
    pub(crate) kind: RecordedKind,
}

/// The kinds of lines.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum RecordedKind {
    /// The function was invoked.
    Event {
        invocation: u64,
        /// None for an authorizer.
        #[serde(skip_serializing_if = "Option::is_none")]
        route: Option<String>,
        event: Box<RawValue>,
    },
    /// The function was invoked by another source than a connection.
    Invoke {
        invocation: u64,
        function: String,
        source: String,
        /// The name of the schedule, if it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        schedule: Option<String>,
        event: Box<RawValue>,
    },
    /// The function answered.
    Reply {
        invocation: u64,
        took_ms: f64,
        reply: Box<RawValue>,
        /// The error that the reply means.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<RecordedError>,
    },
    /// The function failed.
    Failure { invocation: u64, took_ms: f64, error: RecordedFailure },
    /// The handshake was accepted.
    Opened,
    /// The client sent a message.
    Received { message: MessageText },
    /// A message was sent to the client.
    Sent { from: RecordedSource, message: MessageText },
    /// The connection was closed.
    Closed { code: u16, reason: String },
    /// The recording stops here, after so many events, although the app went on.
    Incomplete { events: u64, reason: String },
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedFailure {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// The error that a reply means, such as that of the error frame that the client got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedError {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether the function is at fault, and not the client.
    pub(crate) internal: bool,
}

/// What a function answered, in the form of a recording.
pub(crate) struct Answer {
    pub(crate) result: Result<Box<RawValue>, RecordedFailure>,
    /// The error that the reply means; `None` for a failure, which says it itself.
    pub(crate) error: Option<RecordedError>,
}

/// Where a message to a client came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordedSource {
    Reply,
    Gateway,
    Post,
}

/// A message: text, or base64 if it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageText {
    Text(String),
    Base64(String),
}

impl MessageText {
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

impl RecordedKind {
    /// The line for an event of an invocation of another source. `number` returns the number of the invocation.
    pub(super) fn of_invocation(
        what: InvocationEventKind,
        number: impl FnOnce() -> u64,
    ) -> Option<Self> {
        Some(match what {
            InvocationEventKind::Invoked { function, source, payload } => {
                let event = raw(&payload)?;
                let schedule = source.schedule().map(str::to_owned);
                let (invocation, source) = (number(), source.as_str().to_owned());
                Self::Invoke { invocation, function, source, schedule, event }
            }
            InvocationEventKind::Answered { took, result, error } => {
                // The reply says it itself.
                let error = error.filter(|error| error.code != sqs::FAILED_MESSAGES);
                answered(number(), took, Answer::new(result, error))
            }
            _ => return None,
        })
    }

    /// The line for a gateway event, if it is recorded. `number` returns the number of an invocation.
    pub(super) fn of_gateway(
        what: GatewayEventKind,
        number: impl FnOnce(Id) -> u64,
    ) -> Option<Self> {
        Some(match what {
            GatewayEventKind::Invoked { invocation, route, payload } => {
                // The gateway wrote the event, so it is JSON.
                let event = raw(&payload)?;
                Self::Event { invocation: number(invocation), route, event }
            }
            GatewayEventKind::Answered { invocation, took, result, error } => {
                answered(number(invocation), took, Answer::new(result, error))
            }
            GatewayEventKind::Opened(_) => Self::Opened,
            GatewayEventKind::Received { data, .. } => {
                Self::Received { message: MessageText::new(&data) }
            }
            GatewayEventKind::Sent { data, source } => {
                Self::Sent { from: source.into(), message: MessageText::new(&data) }
            }
            GatewayEventKind::Closed { code, reason } => Self::Closed { code, reason },
            _ => return None,
        })
    }
}

/// The line for an answer.
fn answered(invocation: u64, took: Duration, Answer { result, error }: Answer) -> RecordedKind {
    let took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    match result {
        Ok(reply) => RecordedKind::Reply { invocation, took_ms, reply, error },
        Err(error) => RecordedKind::Failure { invocation, took_ms, error },
    }
}

impl Answer {
    /// The answer of an invocation that ended so.
    pub(crate) fn of(outcome: Outcome) -> Self {
        let error = outcome.error();
        Self::new(outcome.result, error)
    }

    /// A reply that is not JSON is a failure, as it is for the client.
    fn new(result: Result<Bytes, InvokeError>, error: Option<OutcomeError>) -> Self {
        let failure = |kind: &str, message| RecordedFailure { kind: kind.to_owned(), message };
        let result = match result {
            Ok(reply) => raw(&reply)
                .ok_or_else(|| failure("Malformed", String::from_utf8_lossy(&reply).into_owned())),
            Err(error) => Err(match error.function_error() {
                Some((kind, message)) => failure(kind, message.to_owned()),
                None => failure("Lambda", error.to_string()),
            }),
        };
        let error = error.filter(|_| result.is_ok()).map(|error| RecordedError {
            code: error.code,
            message: error.message,
            internal: error.is_internal,
        });
        Self { result, error }
    }
}

/// `json` on one line: it is reformatted only if it has line breaks.
fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let raw: Box<RawValue> = serde_json::from_slice(json).ok()?;
    if !raw.get().contains(['\n', '\r']) {
        return Some(raw);
    }
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    serde_json::value::to_raw_value(&value).ok()
}

/// A line as it is in the file. Deserializing an enum directly would lose the raw text of the event.
#[derive(Deserialize)]
struct Flat {
    at: u64,
    #[serde(default)]
    connection: String,
    kind: String,
    invocation: Option<u64>,
    took_ms: Option<f64>,
    route: Option<String>,
    event: Option<Box<RawValue>>,
    reply: Option<Box<RawValue>>,
    /// Of a reply or of a failure, which have different fields.
    error: Option<Box<RawValue>>,
    from: Option<RecordedSource>,
    message: Option<MessageText>,
    code: Option<u16>,
    reason: Option<String>,
    events: Option<u64>,
    function: Option<String>,
    source: Option<String>,
    schedule: Option<String>,
}

impl TryFrom<Flat> for Line {
    type Error = String;

    fn try_from(flat: Flat) -> Result<Self, String> {
        let Flat { at, connection, kind, .. } = flat;
        let error = flat.error.as_deref().map(RawValue::get);
        let malformed = |error| format!("the `error` of a line of kind `{kind}`: {error}");
        let line_kind = match &*kind {
            "event" => flat.invocation.zip(flat.event).map(|(invocation, event)| {
                RecordedKind::Event { invocation, route: flat.route, event }
            }),
            "invoke" => match (flat.invocation, flat.function, flat.source, flat.event) {
                (Some(invocation), Some(function), Some(source), Some(event)) => {
                    let schedule = flat.schedule;
                    Some(RecordedKind::Invoke { invocation, function, source, schedule, event })
                }
                _ => None,
            },
            "reply" => {
                let error = error.map(serde_json::from_str).transpose().map_err(malformed)?;
                flat.invocation.zip(flat.reply).map(|(invocation, reply)| RecordedKind::Reply {
                    invocation,
                    took_ms: flat.took_ms.unwrap_or_default(),
                    reply,
                    error,
                })
            }
            "failure" => {
                let error = error.map(serde_json::from_str).transpose().map_err(malformed)?;
                flat.invocation.zip(error).map(|(invocation, error)| RecordedKind::Failure {
                    invocation,
                    took_ms: flat.took_ms.unwrap_or_default(),
                    error,
                })
            }
            "opened" => Some(RecordedKind::Opened),
            "received" => flat.message.map(|message| RecordedKind::Received { message }),
            "sent" => flat
                .from
                .zip(flat.message)
                .map(|(from, message)| RecordedKind::Sent { from, message }),
            "closed" => flat
                .code
                .zip(flat.reason)
                .map(|(code, reason)| RecordedKind::Closed { code, reason }),
            "incomplete" => flat
                .events
                .zip(flat.reason)
                .map(|(events, reason)| RecordedKind::Incomplete { events, reason }),
            _ => return Err(format!("`{kind}` is not a kind of line")),
        };
        let lacks = || format!("a line of kind `{kind}` lacks a field");
        let line_kind = line_kind.filter(|line| {
            let may_be_without = matches!(
                line,
                RecordedKind::Invoke { .. }
                    | RecordedKind::Reply { .. }
                    | RecordedKind::Failure { .. }
                    | RecordedKind::Incomplete { .. }
            );
            !connection.is_empty() || may_be_without
        });
        let kind = line_kind.ok_or_else(lacks)?;
        Ok(Self { at, connection, kind })
    }
}

impl From<MessageSource> for RecordedSource {
    fn from(source: MessageSource) -> Self {
        match source {
            MessageSource::Reply => Self::Reply,
            MessageSource::Error => Self::Gateway,
            MessageSource::Post => Self::Post,
        }
    }
}

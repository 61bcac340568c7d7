//! Entries as JSON for programs, one object per line. The book lists the names; API Gateway's names are
//! used where it has one.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use lift_gateway::Id;
use serde::Serialize;

use crate::dev::terminal::entry::{Calls, Entry, Event, EventRef, Log};

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Event {
        time: String,
        #[serde(flatten)]
        event_ref: EventNames<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        close_code: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        close_reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_bytes: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_bytes: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorField<'a>>,
    },
    Log {
        time: String,
        process: u64,
        #[serde(flatten)]
        event_ref: Option<EventNames<'a>>,
        text: &'a str,
    },
    Calls {
        time: String,
        method: &'a str,
        status: u16,
        count: usize,
        connections: usize,
        bytes: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        connection_id: Option<&'a str>,
    },
    Missed {
        count: u64,
    },
    Total {
        events: u64,
        failed: u64,
        failed_by_code: &'a BTreeMap<String, u64>,
        ms: f64,
    },
}

/// The event that a line belongs to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventNames<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// Without it, the event is not of a connection. `null` is an authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    route_key: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a str>,
}

#[derive(Serialize)]
struct ErrorField<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    internal: Option<bool>,
}

/// Adds an entry's lines.
pub(crate) fn write(text: &mut String, entry: &Entry) {
    match entry {
        Entry::Event(event) | Entry::Running(event) => {
            for log in &event.logs {
                line(text, &of_log(log, Some(&event.event_ref)));
            }
            if matches!(entry, Entry::Event(_)) {
                line(text, &of_event(event));
            }
        }
        Entry::Log(log, event_ref) => line(text, &of_log(log, event_ref.as_ref())),
        Entry::Calls(calls) => line(text, &of_calls(calls)),
        Entry::Missed(count) => line(text, &Line::Missed { count: *count }),
        Entry::Total { total, failed, took } => {
            let (failed, failed_by_code) = (failed.total(), failed.by_code());
            let ms = milliseconds(*took);
            line(text, &Line::Total { events: *total, failed, failed_by_code, ms });
        }
    }
}

fn of_event(event: &Event) -> Line<'_> {
    let closed = event.closed.as_ref();
    Line::Event {
        time: time(event.at),
        event_ref: event_names(&event.event_ref),
        status: event.status,
        close_code: closed.map(|(code, _)| *code),
        close_reason: closed.map(|(_, reason)| &**reason),
        ms: event.took.map(milliseconds),
        message_bytes: event.message,
        reply_bytes: event.reply,
        error: of_error(event),
    }
}

/// The failure of the event, or the error that the function's reply means.
fn of_error(event: &Event) -> Option<ErrorField<'_>> {
    let code = event.error.as_ref().map(|error| &*error.code);
    let internal = event.error.as_ref().map(|error| error.is_internal);
    match (&event.failure, &event.error) {
        (Some(failure), _) => {
            let code = code.or(Some(failure.code()).filter(|code| *code != failure.kind()));
            let message = failure.message().into();
            Some(ErrorField { kind: failure.kind(), code, message, internal })
        }
        (None, Some(error)) => {
            let message = (&*error.message).into();
            Some(ErrorField { kind: "app", code, message, internal })
        }
        (None, None) => None,
    }
}

fn of_log<'a>(log: &'a Log, event_ref: Option<&'a EventRef>) -> Line<'a> {
    let Log { at, process, text } = log;
    Line::Log { time: time(*at), process: *process, event_ref: event_ref.map(event_names), text }
}

fn of_calls(calls: &Calls) -> Line<'_> {
    let Calls { at, method, status, count, bytes, connections, connection } = calls;
    Line::Calls {
        time: time(*at),
        method,
        status: *status,
        count: *count,
        connections: *connections,
        bytes: *bytes,
        connection_id: (*connections == 1).then_some(connection.as_str()),
    }
}

fn event_names(event_ref: &EventRef) -> EventNames<'_> {
    let invoked = event_ref.invoked.as_ref();
    EventNames {
        connection_id: event_ref.connection.as_ref().map(Id::as_str),
        request_id: event_ref.request.as_deref(),
        route_key: event_ref.connection.map(|_| event_ref.route.as_deref()),
        function: invoked.map(|(function, _)| &**function),
        source: invoked.map(|(_, source)| source.as_str()),
        schedule: invoked.and_then(|(_, source)| source.schedule()),
    }
}

/// Milliseconds, rounded to the microsecond.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// `2026-11-21T09:15:24.410Z`
fn time(at: SystemTime) -> String {
    format!("{:.3}", Timestamp::try_from(at).unwrap_or_default())
}

fn line(text: &mut String, line: &Line<'_>) {
    // Strings and numbers always serialize.
    text.push_str(&serde_json::to_string(line).unwrap_or_default());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use lift_gateway::InvokeError;

    use super::*;
    use crate::dev::terminal::{failed::Failed, failure::EventFailure, sample};

    #[test]
    fn the_field_names_are_stable() {
        let mut text = String::new();
        let mut event = sample::message();
        event.failure = Some(EventFailure::Invoke(InvokeError::exited()));
        write(&mut text, &Entry::Event(event.into()));
        write(&mut text, &Entry::Event(sample::error().into()));
        write(&mut text, &Entry::Event(sample::disconnect().into()));
        write(&mut text, &Entry::Event(sample::scheduled().into()));
        write(&mut text, &Entry::Log(sample::log("up"), None));
        write(&mut text, &Entry::Calls(sample::posts(3, 2)));
        write(&mut text, &Entry::Calls(sample::posts(1, 1)));
        write(&mut text, &Entry::Missed(7));
        let took = Duration::from_millis(1500);
        let mut failed = Failed::default();
        ["too_low", "exited"].iter().for_each(|code| failed.add(code));
        write(&mut text, &Entry::Total { total: 14, failed, took });
        let expected = r#"
{"type":"log","time":"2026-11-22T14:03:07.412Z","process":1,"connectionId":"R1kmxc2VIAMCJQw=","requestId":"S1kmxc2VIAMCJQw=","routeKey":"say","text":"INFO said"}
{"type":"event","time":"2026-11-22T14:03:07.412Z","connectionId":"R1kmxc2VIAMCJQw=","requestId":"S1kmxc2VIAMCJQw=","routeKey":"say","status":200,"ms":3.142,"messageBytes":84,"replyBytes":1204,"error":{"kind":"exited","message":"the function's process ended before it answered"}}
{"type":"event","time":"2026-11-22T14:03:07.412Z","connectionId":"R1kmxc2VIAMCJQw=","requestId":"S1kmxc2VIAMCJQw=","routeKey":"say","status":200,"ms":3.142,"messageBytes":84,"error":{"kind":"app","code":"too_low","message":"Bid more than 5","internal":false}}
{"type":"event","time":"2026-11-22T14:03:07.412Z","connectionId":"R1kmxc2VIAMCJQw=","routeKey":"$disconnect","closeCode":1006,"closeReason":"Connection lost"}
{"type":"log","time":"2026-11-22T14:03:07.412Z","process":1,"function":"chat","source":"schedule","schedule":"close","text":"INFO closed"}
{"type":"event","time":"2026-11-22T14:03:07.412Z","function":"chat","source":"schedule","schedule":"close","ms":2.0}
{"type":"log","time":"2026-11-22T14:03:07.412Z","process":1,"text":"up"}
{"type":"calls","time":"2026-11-22T14:03:07.412Z","method":"POST","status":200,"count":3,"connections":2,"bytes":360}
{"type":"calls","time":"2026-11-22T14:03:07.412Z","method":"POST","status":200,"count":1,"connections":1,"bytes":120,"connectionId":"R1kmxc2VIAMCJQw="}
{"type":"missed","count":7}
{"type":"total","events":14,"failed":2,"failedByCode":{"exited":1,"too_low":1},"ms":1500.0}
"#;
        assert_eq!(text, expected.trim_start());
    }
}

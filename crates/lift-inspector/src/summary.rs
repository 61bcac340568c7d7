//! A short summary of an event or a reply: the message, the query or the close code.
//! It comes from the masked text, so it has no secrets.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::record::EntryKind;

/// The longest summary in bytes: it fits on a wide screen.
const MAX_BYTES: usize = 300;

/// The parts of an event that are shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    request_context: Context,
    query_string_parameters: Option<BTreeMap<String, String>>,
    body: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    event_type: String,
    disconnect_status_code: Option<u16>,
    disconnect_reason: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    body: Option<String>,
}

/// The summary of a payload. `None`: the payload is shown instead.
pub(crate) fn of(kind: EntryKind, text: &str) -> Option<String> {
    let mut summary = match kind {
        EntryKind::Event => event(serde_json::from_str(text).ok()?),
        EntryKind::Reply => serde_json::from_str::<Reply>(text).ok()?.body.unwrap_or_default(),
        _ => return None,
    };
    summary.truncate(summary.floor_char_boundary(MAX_BYTES));
    Some(summary)
}

fn event(Event { request_context, query_string_parameters, body }: Event) -> String {
    match &*request_context.event_type {
        "DISCONNECT" => {
            let code = request_context.disconnect_status_code.map(|code| code.to_string());
            let parts = [code, request_context.disconnect_reason];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        "MESSAGE" => body.unwrap_or_default(),
        _ => {
            let query = query_string_parameters.unwrap_or_default();
            let pairs: Vec<_> =
                query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryKind, of};

    #[test]
    fn a_line_says_what_differs() {
        let event = |kind, rest| format!(r#"{{"requestContext":{{"eventType":"{kind}"{rest}}}"#);
        let connect = event("CONNECT", r#"},"queryStringParameters":{"name":"ana","room":"tea"}"#);
        assert_eq!(of(EntryKind::Event, &connect).as_deref(), Some("?name=ana&room=tea"));
        let message = event("MESSAGE", r#"},"body":"hi""#);
        assert_eq!(of(EntryKind::Event, &message).as_deref(), Some("hi"));
        let end = event("DISCONNECT", r#","disconnectStatusCode":1001,"disconnectReason":"x"}"#);
        assert_eq!(of(EntryKind::Event, &end).as_deref(), Some("1001 x"));
        let reply = r#"{"statusCode":200,"body":"pong"}"#;
        assert_eq!(of(EntryKind::Reply, reply).as_deref(), Some("pong"));
        assert_eq!(of(EntryKind::Reply, "[]"), None);
        assert_eq!(of(EntryKind::In, &message), None);
        let long = format!(r#"{{"body":"{}"}}"#, "é".repeat(400));
        assert_eq!(of(EntryKind::Reply, &long).expect("a reply").len(), 300);
    }
}

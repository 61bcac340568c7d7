//! From a connection and what happened to it to the bytes that the function receives
//! (reference, section 1.1).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, header};
use lift_event::{Identity, Kind, Payload, RequestContext, Str};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Settings,
    connection::{Closed, Connection},
    id::{self, Id},
};

/// Headers of the handshake that the event does not carry.
const HIDDEN: [header::HeaderName; 3] =
    [header::CONNECTION, header::UPGRADE, header::CONTENT_LENGTH];

type Multi = BTreeMap<String, Vec<String>>;

/// The `$connect` event: the only one with headers of the client and with a query.
pub(crate) fn connect(
    settings: &Settings,
    connection: &Connection,
    headers: &HeaderMap,
    query: Option<&str>,
    port: u16,
) -> Bytes {
    let headers = forwarded(headers, connection, port);
    let mut parameters = Multi::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        parameters.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let (single, multi) = (single(&headers), raw(&headers));
    let query = (!parameters.is_empty()).then(|| (self::single(&parameters), raw(&parameters)));
    let moment = Moment::now();
    let context = context(settings, connection, &moment, Id::random());
    Payload {
        headers: single.as_deref(),
        multi_value_headers: multi.as_deref(),
        query_string_parameters: query.as_ref().and_then(|(single, _)| single.as_deref()),
        multi_value_query_string_parameters: query.as_ref().and_then(|(_, multi)| multi.as_deref()),
        ..payload(context.with(Kind::Connect, "$connect"))
    }
    .encode()
}

/// The event of a message, with the id that error frames will name.
pub(crate) fn message(
    settings: &Settings,
    connection: &Connection,
    route_key: &str,
    request_id: Id,
    text: &str,
) -> Bytes {
    let moment = Moment::now();
    let message_id = Id::random();
    let context = context(settings, connection, &moment, request_id);
    let mut context = context.with(Kind::Message, route_key);
    context.message_id = Some(message_id.as_str().into());
    Payload { body: Some(text.into()), ..payload(context) }.encode()
}

/// The `$disconnect` event; its headers are fixed and mostly empty.
pub(crate) fn disconnect(settings: &Settings, connection: &Connection, closed: &Closed) -> Bytes {
    let host = connection.client.host.as_str();
    let headers: Multi =
        [("Host", host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
            .into();
    let (single, multi) = (single(&headers), raw(&headers));
    let moment = Moment::now();
    let context = context(settings, connection, &moment, Id::random());
    let mut context = context.with(Kind::Disconnect, "$disconnect");
    context.disconnect_status_code = Some(closed.code.into());
    context.disconnect_reason = Some(closed.reason.as_str().into());
    Payload {
        headers: single.as_deref(),
        multi_value_headers: multi.as_deref(),
        ..payload(context)
    }
    .encode()
}

struct Moment {
    epoch: u64,
    text: String,
}

impl Moment {
    fn now() -> Self {
        let now = jiff::Timestamp::now();
        Self {
            epoch: now.as_millisecond().try_into().unwrap_or_default(),
            text: now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        }
    }
}

/// What all three kinds have in common, waiting for the kind.
struct Context<'a> {
    settings: &'a Settings,
    connection: &'a Connection,
    moment: &'a Moment,
    request_id: String,
}

fn context<'a>(
    settings: &'a Settings,
    connection: &'a Connection,
    moment: &'a Moment,
    request_id: Id,
) -> Context<'a> {
    Context { settings, connection, moment, request_id: request_id.to_string() }
}

impl<'a> Context<'a> {
    fn with(self, event_type: Kind, route_key: &'a str) -> RequestContext<'a> {
        let client = &self.connection.client;
        let request_id = Str::from(self.request_id);
        RequestContext {
            route_key: route_key.into(),
            authorizer: None,
            message_id: None,
            disconnect_status_code: None,
            event_type,
            extended_request_id: Some(request_id.clone()),
            request_time: self.moment.text.as_str().into(),
            message_direction: Some("IN".into()),
            disconnect_reason: None,
            stage: self.settings.stage.as_str().into(),
            connected_at: self.connection.connected_at,
            request_time_epoch: self.moment.epoch,
            identity: Identity {
                user_agent: client.user_agent.as_deref().map(Str::from),
                source_ip: Some(client.source_ip.to_string().into()),
            },
            request_id,
            domain_name: client.host.as_str().into(),
            connection_id: self.connection.id.as_str().into(),
            api_id: self.settings.api_id.as_str().into(),
        }
    }
}

fn payload(request_context: RequestContext<'_>) -> Payload<'_> {
    Payload {
        request_type: None,
        method_arn: None,
        headers: None,
        multi_value_headers: None,
        query_string_parameters: None,
        multi_value_query_string_parameters: None,
        stage_variables: None,
        request_context,
        body: None,
        is_base64_encoded: Some(false),
    }
}

/// The client's headers in their usual case, and those that a proxy adds.
fn forwarded(headers: &HeaderMap, connection: &Connection, port: u16) -> Multi {
    let mut all = Multi::new();
    for (name, value) in headers {
        if !HIDDEN.contains(name) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            all.entry(canonical(name.as_str())).or_default().push(value);
        }
    }
    let source = connection.client.source_ip.to_string();
    let hops = match all.get("X-Forwarded-For") {
        Some(before) => format!("{}, {source}", before.join(", ")),
        None => source,
    };
    all.insert("X-Forwarded-For".to_owned(), vec![hops]);
    all.insert("X-Forwarded-Port".to_owned(), vec![port.to_string()]);
    all.insert("X-Forwarded-Proto".to_owned(), vec!["http".to_owned()]);
    all.entry("X-Amzn-Trace-Id".to_owned()).or_insert_with(|| vec![id::trace()]);
    all
}

/// A header's name in its usual case. The HTTP library lower-cases names, but events carry them
/// as clients send them: `Host`, `User-Agent`, `Sec-WebSocket-Key`.
fn canonical(name: &str) -> String {
    let word = |word: &str| match word {
        "websocket" => "WebSocket".to_owned(),
        "dnt" | "te" | "gpc" => word.to_ascii_uppercase(),
        word => {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        }
    };
    // The client hints are the names that browsers send in lower case.
    if name.starts_with("sec-ch-") {
        return name.to_owned();
    }
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// The last value of each name.
fn single(multi: &Multi) -> Option<Box<RawValue>> {
    let last = |(name, values): (&'_ String, &'_ Vec<String>)| {
        Some((name.clone(), values.last()?.clone()))
    };
    raw(&multi.iter().filter_map(last).collect::<BTreeMap<_, _>>())
}

fn raw(map: &impl serde::Serialize) -> Option<Box<RawValue>> {
    // Maps of strings cannot fail to serialize into memory.
    to_raw_value(map).ok()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn header_names_get_their_usual_case() {
        let table = [
            ("host", "Host"),
            ("user-agent", "User-Agent"),
            ("sec-websocket-key", "Sec-WebSocket-Key"),
            ("dnt", "DNT"),
            ("sec-ch-ua", "sec-ch-ua"),
            ("x--y", "X--Y"),
        ];
        for (lower, usual) in table {
            assert_eq!(canonical(lower), usual);
        }
    }
}

//! Fixtures, changed fixtures, and the checks of errors and of round trips.

use lift_event::{AuthorizerRequest, DecodeError, Event, Payload, Reply};
use serde_json::{Value, json};

use crate::accessor_values::accessor_values;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../fixtures/", $name, ".json"))
    };
}

pub(crate) const AUTHORIZER: &str = fixture!("authorizer-request");
pub(crate) const NULLS: &str = fixture!("connect-2020-style-nulls");
pub(crate) const BROWSER: &str = fixture!("connect-browser-14-headers");
pub(crate) const IDLE: &str = fixture!("disconnect-idle");
pub(crate) const NO_STATUS: &str = fixture!("disconnect-no-status");
pub(crate) const CONTEXT: &str = fixture!("message-authorizer-context");
pub(crate) const BASE64: &str = fixture!("message-base64-body");
pub(crate) const PLAIN: &str = fixture!("message-default-plain-text");
pub(crate) const JSON: &str = fixture!("message-json-body");

/// The events of connections: all fixtures except the authorizer request.
pub(crate) const EVENTS: [&str; 8] =
    [NULLS, BROWSER, IDLE, NO_STATUS, CONTEXT, BASE64, PLAIN, JSON];

pub(crate) fn decode(text: &str) -> Event {
    Event::decode(text.to_owned()).expect("an event")
}

pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// An event with every field that any kind can have.
pub(crate) fn full() -> Value {
    let mut event = value(CONTEXT);
    event["headers"] = json!({"Host": "h"});
    event["multiValueHeaders"] = json!({"Host": ["h"]});
    event["queryStringParameters"] = json!({"room": "7"});
    event["multiValueQueryStringParameters"] = json!({"room": ["7"]});
    event["requestContext"]["disconnectStatusCode"] = json!(1001);
    event["requestContext"]["disconnectReason"] = json!("Going away");
    event["requestContext"]["identity"]["userAgent"] = json!("wscat/6");
    event
}

/// Returns a field such as `requestContext.stage`.
pub(crate) fn field<'a>(event: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(event, |value, key| &mut value[key])
}

/// The [`full`] event with one field changed.
pub(crate) fn with(path: &str, new: Value) -> String {
    let mut event = full();
    *field(&mut event, path) = new;
    event.to_string()
}

/// The [`full`] event without one field.
pub(crate) fn without(path: &str) -> String {
    let mut event = full();
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { &mut event } else { field(&mut event, parent) };
    parent.as_object_mut().expect("an object").remove(key).expect("the field");
    event.to_string()
}

/// The [`full`] event with the given JSON text as one field, which may be invalid JSON.
pub(crate) fn with_raw(path: &str, json: &str) -> String {
    with(path, json!("@@@")).replace("\"@@@\"", json)
}

/// The same JSON, with the keys of each object rotated by `rotation` and, with `escape`, every character of
/// every key and string written as `\u` escapes.
pub(crate) fn render(value: &Value, rotation: usize, escape: bool) -> String {
    let quote = |text: &str| match escape {
        true => {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{units}\"")
        }
        false => Value::from(text).to_string(),
    };
    let join = |parts: Vec<String>| parts.join(" ,\n\t");
    match value {
        Value::String(text) => quote(text),
        Value::Array(items) => {
            let items = items.iter().map(|item| render(item, rotation, escape)).collect();
            format!("[ {} ]", join(items))
        }
        Value::Object(map) => {
            let mut keys: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{} : {}", quote(key), render(value, rotation, escape)))
                .collect();
            let len = keys.len().max(1);
            keys.rotate_left(rotation % len);
            format!("{{ {} }}", join(keys))
        }
        value => value.to_string(),
    }
}

/// The value without nulls, which mean the same as absent keys.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let full = map.into_iter().filter(|(_, value)| !value.is_null());
            full.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        value => value,
    }
}

/// An error names its field and stays short for every input.
#[track_caller]
pub(crate) fn check(error: &DecodeError) {
    assert!(!error.field().is_empty(), "{error}");
    assert!(error.to_string().len() < 1024, "{} bytes", error.to_string().len());
    assert!(format!("{error:?}").len() < 4096);
}

#[track_caller]
pub(crate) fn refused(bytes: impl Into<Vec<u8>>, field: &str) {
    let error = Event::decode(bytes.into()).expect_err("refused");
    check(&error);
    assert_eq!(error.field(), field, "{error}");
}

/// No decoder panics for the bytes, and a decoded event has the same values after encoding and decoding.
pub(crate) fn check_round_trip(bytes: &[u8]) {
    for error in [
        Reply::decode(bytes).err(),
        AuthorizerRequest::decode(bytes.to_vec()).err(),
        Event::decode(bytes.to_vec()).err(),
    ] {
        error.iter().for_each(check);
    }
    if let Ok(event) = Event::decode(bytes.to_vec()) {
        assert_eq!(event.payload().as_bytes(), bytes);
        let again = Payload::decode(event.payload()).expect("decoded before").encode();
        assert_eq!(
            accessor_values(&Event::decode(again).expect("as encoded")),
            accessor_values(&event)
        );
    }
}

//! JSON that must be accepted: nulls, absent and unknown keys, any order of keys, any escapes in strings.

use lift_event::{Event, EventKind, Payload};
use serde_json::{Value, json};

use crate::{
    accessor_values::accessor_values,
    support::{
        BASE64, EVENTS, decode, field, full, refused, render, value, with, with_raw, without,
    },
};

/// Fields that may be absent or null.
const OPTIONAL: [&str; 16] = [
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "stageVariables",
    "body",
    "isBase64Encoded",
    "requestContext.authorizer",
    "requestContext.messageId",
    "requestContext.disconnectStatusCode",
    "requestContext.disconnectReason",
    "requestContext.extendedRequestId",
    "requestContext.messageDirection",
    "requestContext.identity",
    "requestContext.identity.userAgent",
    "requestContext.identity.sourceIp",
];

/// Fields that hold any string, and where to read it.
type Read = fn(&Event) -> Option<&str>;
const STRINGS: [(&str, Read); 12] = [
    ("body", Event::text),
    ("requestContext.routeKey", |event| Some(event.route_key())),
    ("requestContext.stage", |event| Some(event.stage())),
    ("requestContext.domainName", |event| Some(event.domain_name())),
    ("requestContext.apiId", |event| Some(event.api_id())),
    ("requestContext.requestId", |event| Some(event.request_id())),
    ("requestContext.requestTime", |event| Some(event.request_time())),
    ("requestContext.connectionId", |event| Some(event.connection_id())),
    ("requestContext.messageId", Event::message_id),
    ("requestContext.disconnectReason", Event::disconnect_reason),
    ("requestContext.identity.userAgent", Event::user_agent),
    ("requestContext.identity.sourceIp", Event::source_ip),
];

#[test]
fn null_is_absent() {
    for path in OPTIONAL {
        let (null, absent) = (decode(&with(path, Value::Null)), decode(&without(path)));
        assert_eq!(accessor_values(&null), accessor_values(&absent), "{path}");
    }
}

#[test]
fn all_optional_fields_may_be_missing_together() {
    let mut event = full();
    for path in OPTIONAL.into_iter().filter(|path| !path.contains("identity.")) {
        *field(&mut event, path) = Value::Null;
    }
    let event = decode(&event.to_string());
    assert_eq!(event.route_key(), "move");
    assert_eq!((event.body(), event.text()), (&b""[..], Some("")));
    assert_eq!((event.source_ip(), event.user_agent(), event.message_id()), (None, None, None));
    assert_eq!((event.disconnect_code(), event.disconnect_reason()), (None, None));
    assert_eq!(event.headers().expect("none").iter().count(), 0);
    assert_eq!(event.query().expect("none").iter().count(), 0);
    assert_eq!(event.stage_variables().expect("none").iter().count(), 0);
    assert!(event.authorizer().is_none());
}

#[test]
fn null_body_is_empty_even_as_base64() {
    let mut event = value(BASE64);
    event["body"] = Value::Null;
    assert_eq!(decode(&event.to_string()).body(), b"");
}

#[test]
fn unknown_keys_are_ignored_at_all_levels() {
    let known = full();
    let values = [json!(null), json!([1, {"a": "\u{0}"}]), json!({"stage": 5}), json!(1.5)];
    for value in values {
        let mut event = known.clone();
        for path in ["", "requestContext", "requestContext.identity"] {
            let object = if path.is_empty() { &mut event } else { field(&mut event, path) };
            object["newKey"] = value.clone();
            object["Stage"] = value.clone();
            object[""] = value.clone();
        }
        assert_eq!(
            accessor_values(&decode(&event.to_string())),
            accessor_values(&decode(&known.to_string()))
        );
    }
}

#[test]
fn order_of_keys_and_escapes_do_not_matter() {
    for fixture in EVENTS.map(value).into_iter().chain([full()]) {
        let plain = accessor_values(&decode(&fixture.to_string()));
        for rotation in 0..20 {
            for escape in [false, true] {
                assert_eq!(accessor_values(&decode(&render(&fixture, rotation, escape))), plain);
            }
        }
    }
}

#[test]
fn every_string_field_takes_every_string() {
    let controls: String = (0..=0x20).map(|code: u8| char::from(code)).collect();
    let texts =
        ["\"", "\\", "a\"b\\c/d", &controls, "caf\u{e9} \u{1f680}\u{10ffff}\u{ffff}", "\u{7f}ul"];
    for (path, read) in STRINGS {
        for text in texts {
            for escape in [false, true] {
                let json = render(&json!(text), 0, escape);
                let event = decode(&with_raw(path, &json));
                assert_eq!(read(&event), Some(text), "{path}");
                // The other fields keep their values.
                for (other, read) in STRINGS.into_iter().filter(|(other, _)| *other != path) {
                    assert_eq!(read(&event), field(&mut full(), other).as_str(), "{other}");
                }
            }
        }
    }
}

#[test]
fn lone_surrogates_are_refused_where_a_string_is_read() {
    for (path, _) in STRINGS {
        for lone in [r#""\ud800""#, r#""\udc00""#, r#""x\ud83dx""#, r#""\ud83d\ud83d""#] {
            refused(with_raw(path, lone), path);
        }
    }
    // Raw maps are parsed by the accessor.
    let event = decode(&with_raw("multiValueHeaders", r#"{"Host":["\ud800"]}"#));
    assert_eq!(event.headers().expect_err("lone").field(), "multiValueHeaders.Host[0]");
    assert_eq!(event.route_key(), "move");
}

#[test]
fn empty_strings_are_kept() {
    for (path, read) in STRINGS.into_iter().filter(|(path, _)| !path.ends_with("connectionId")) {
        assert_eq!(read(&decode(&with(path, json!("")))), Some(""), "{path}");
    }
}

#[test]
fn every_close_code_is_accepted() {
    for code in [-1, 0, 1000, 4999, i32::MIN, i32::MAX] {
        let event = decode(&with("requestContext.disconnectStatusCode", json!(code)));
        assert_eq!(event.disconnect_code(), Some(code));
    }
}

#[test]
fn base64_bodies_are_decoded() {
    for (bytes, text) in [(&b"\xff\x00\xfe"[..], None), (b"", Some("")), (b"ok", Some("ok"))] {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let mut event = value(BASE64);
        event["body"] = json!(STANDARD.encode(bytes));
        for escape in [false, true] {
            let event = decode(&render(&event, 0, escape));
            assert_eq!((event.body(), event.text()), (bytes, text));
        }
    }
}

#[test]
fn the_payload_is_kept_byte_for_byte() {
    for fixture in EVENTS {
        let text = format!(" \n{fixture}\r\n");
        let event = decode(&text);
        assert_eq!(event.payload(), text);
        assert_eq!(accessor_values(&event), accessor_values(&decode(fixture)));
        assert_eq!(accessor_values(&event.clone()), accessor_values(&event));
    }
}

#[test]
fn an_event_is_equal_after_a_round_trip() {
    for event in EVENTS.map(value).into_iter().chain([full()]) {
        let text = render(&event, 3, true);
        let payload = Payload::decode(&text).expect("a payload");
        let again = Event::decode(payload.encode()).expect("an event");
        assert_eq!(accessor_values(&again), accessor_values(&decode(&text)));
    }
}

#[test]
fn the_kind_depends_only_on_the_event_type() {
    for (name, kind) in [
        ("CONNECT", EventKind::Connect),
        ("MESSAGE", EventKind::Message),
        ("DISCONNECT", EventKind::Disconnect),
    ] {
        assert_eq!(decode(&with("requestContext.eventType", json!(name))).kind(), kind);
    }
    for name in ["", "connect", "CONNECTED", "MESSAGE "] {
        let text = with("requestContext.eventType", json!(name));
        refused(text, "requestContext.eventType");
    }
}

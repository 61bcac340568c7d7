//! What JSON allows: nulls, absent and unknown keys, any order of keys, any way to write a string.

use lift_event::{Event, EventKind, Payload};
use serde_json::{Value, json};

use crate::{
    facts::facts,
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
        assert_eq!(facts(&null), facts(&absent), "{path}");
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
    let strange = [json!(null), json!([1, {"a": "\u{0}"}]), json!({"stage": 5}), json!(1.5)];
    for value in strange {
        let mut event = known.clone();
        for path in ["", "requestContext", "requestContext.identity"] {
            let object = if path.is_empty() { &mut event } else { field(&mut event, path) };
            object["newKey"] = value.clone();
            object["Stage"] = value.clone();
            object[""] = value.clone();
        }
        assert_eq!(facts(&decode(&event.to_string())), facts(&decode(&known.to_string())));
    }
}

#[test]
fn order_of_keys_and_escapes_do_not_matter() {
    for fixture in EVENTS.map(value).into_iter().chain([full()]) {
        let plain = facts(&decode(&fixture.to_string()));
        for turn in 0..20 {
            for escape in [false, true] {
                assert_eq!(facts(&decode(&render(&fixture, turn, escape))), plain);
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
                // The neighbours keep theirs.
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
    // A raw map is read when somebody asks for it.
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
fn every_close_code_fits() {
    for code in [-1, 0, 1000, 4999, i32::MIN, i32::MAX] {
        let event = decode(&with("requestContext.disconnectStatusCode", json!(code)));
        assert_eq!(event.disconnect_code(), Some(code));
    }
}

#[test]
fn base64_body() {
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
fn payload_is_kept_as_it_came() {
    for fixture in EVENTS {
        let text = format!(" \n{fixture}\r\n");
        let event = decode(&text);
        assert_eq!(event.payload(), text);
        assert_eq!(facts(&event), facts(&decode(fixture)));
        assert_eq!(facts(&event.clone()), facts(&event));
    }
}

#[test]
fn event_survives_the_way_back() {
    for event in EVENTS.map(value).into_iter().chain([full()]) {
        let text = render(&event, 3, true);
        let payload = Payload::decode(&text).expect("a payload");
        let again = Event::decode(payload.encode()).expect("an event");
        assert_eq!(facts(&again), facts(&decode(&text)));
    }
}

#[test]
fn kinds_are_read_from_the_event_type_alone() {
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

//! Replies: encoding writes only fields that API Gateway accepts, and decoding accepts only those.

use lift_event::Reply;
use proptest::{option, prelude::*};
use serde_json::{Value, json};

use crate::support;

const KEYS: [&str; 5] = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];

fn wire(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.encode()).expect("JSON")
}

fn decode(json: Value) -> Reply {
    Reply::decode(json.to_string().as_bytes()).expect("a reply")
}

#[track_caller]
fn refused(text: &str, field: &str) {
    let error = Reply::decode(text.as_bytes()).expect_err("refused");
    support::check(&error);
    assert_eq!(error.field(), field, "{error}");
}

#[test]
fn encodes_only_the_fields_that_are_set() {
    assert_eq!(wire(&Reply::new(200)), json!({"statusCode": 200}));
    assert_eq!(wire(&Reply::new(403).with_body("no")), json!({"statusCode": 403, "body": "no"}));
    assert_eq!(
        wire(&Reply::new(200).with_subprotocol("duel.v2")),
        json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "duel.v2"}})
    );
    assert_eq!(
        wire(&Reply::new(200).with_body(&b"\xff\x00"[..])),
        json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": true})
    );
}

#[test]
fn its_body_can_be_taken() {
    assert_eq!(Reply::new(200).into_body(), None);
    for body in [&b"ok"[..], b"", b"\xff\x00"] {
        assert_eq!(Reply::new(200).with_body(body).into_body().as_deref(), Some(body));
    }
}

#[test]
fn decodes_every_accepted_form() {
    let null = json!({
        "statusCode": 200,
        "headers": null,
        "multiValueHeaders": null,
        "body": null,
        "isBase64Encoded": null,
    });
    assert_eq!(decode(null), Reply::new(200));
    let bytes = json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": true});
    assert_eq!(decode(bytes).body(), Some(&b"\xff\x00"[..]));
    let plain = decode(json!({"statusCode": 200, "body": "b2s=", "isBase64Encoded": true}));
    assert_eq!((plain.body(), plain.is_base64()), (Some(&b"ok"[..]), true));
    assert_eq!(wire(&plain)["body"], "b2s=");
    let text = json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": false});
    let text = decode(text);
    assert_eq!((text.body(), text.is_base64()), (Some(&b"/wA="[..]), false));
    let empty = json!({"statusCode": 200, "body": ""});
    assert_eq!(decode(empty), Reply::new(200).with_body(""));
    for headers in [
        json!({"headers": {"Sec-WebSocket-Protocol": "a"}}),
        json!({"headers": {"sec-websocket-protocol": "a", "x": 5, "y": true}}),
        json!({"multiValueHeaders": {"SEC-WEBSOCKET-PROTOCOL": ["a", "b"]}}),
    ] {
        let mut reply = headers;
        reply["statusCode"] = json!(200);
        assert_eq!(decode(reply).subprotocol(), Some("a"));
    }
    for none in [json!({}), json!({"Sec-WebSocket-Protocol": 5}), json!({"Set-Cookie": "a=1"})] {
        assert_eq!(decode(json!({"statusCode": 200, "headers": none})).subprotocol(), None);
    }
    let none = json!({"statusCode": 200, "multiValueHeaders": {"Sec-WebSocket-Protocol": []}});
    assert_eq!(decode(none).subprotocol(), None);
}

#[test]
fn a_reply_is_a_success_if_its_status_is_2xx() {
    for (status, success) in [(199, false), (200, true), (299, true), (300, false)] {
        assert_eq!(Reply::new(status).is_success(), success);
        assert_eq!(Reply::new(status).status(), status);
    }
}

#[test]
fn unknown_keys_are_refused() {
    for key in ["ConnectionId", "statuscode", "status", "cookies", "", "Body"] {
        let text = format!(r#"{{"statusCode":200,"{key}":null}}"#);
        // An empty name cannot be in a path.
        refused(&text, if key.is_empty() { "." } else { key });
    }
    refused(&format!(r#"{{"statusCode":200,"{}":1}}"#, "k".repeat(1 << 20)), &"k".repeat(200));
}

#[test]
fn wrong_shapes_are_refused() {
    for text in ["null", "5", "true", "\"ok\"", "[]", "[200]", "", " ", "[[200]]"] {
        refused(text, ".");
    }
    refused("{}", "statusCode");
    refused(r#"{"statusCode":200} x"#, ".");
    for status in ["99", "600", "0", "-1", "65736", "200.0", "\"200\"", "null", "1e2", "[]", "{}"] {
        refused(&format!(r#"{{"statusCode":{status}}}"#), "statusCode");
    }
    for (key, wrong) in [
        ("headers", "[]"),
        ("headers", "\"a: b\""),
        ("multiValueHeaders", "5"),
        ("body", "5"),
        ("body", "{}"),
        ("body", "\"\\ud800\""),
        ("isBase64Encoded", "\"true\""),
        ("isBase64Encoded", "1"),
    ] {
        refused(&format!(r#"{{"statusCode":200,"{key}":{wrong}}}"#), key);
    }
    for body in ["a", "a===", "a-_b", "aGk", "aG k=", "\u{e9}"] {
        let text = json!({"statusCode": 200, "body": body, "isBase64Encoded": true}).to_string();
        refused(&text, "body");
    }
    for key in KEYS {
        let value = if key == "statusCode" { "200" } else { "null" };
        let text = format!(r#"{{"statusCode":200,"{key}":{value},"{key}":{value}}}"#);
        refused(&text, key);
    }
    assert_eq!(
        Reply::decode(b"{\"statusCode\":200,\"body\":\"\xff\"}").expect_err("").field(),
        "."
    );
}

#[test]
fn deep_nesting_is_refused_and_long_bodies_are_accepted() {
    let deep = "[".repeat(100_000);
    refused(&deep, ".");
    let text = format!(r#"{{"statusCode":200,"headers":{{"a":{deep}"#);
    support::check(&Reply::decode(text.as_bytes()).expect_err("too deep"));
    let long = "x".repeat(10 << 20);
    refused(&format!(r#"{{"statusCode":"{long}"}}"#), "statusCode");
    let body = format!(r#"{{"statusCode":200,"body":"{long}"}}"#);
    let reply = Reply::decode(body.as_bytes()).expect("a long reply");
    assert_eq!(reply.body().map(|body| body.len()), Some(long.len()));
}

#[test]
fn truncated_reply_is_refused() {
    let reply = Reply::new(200).with_subprotocol("a").with_body(&b"\xff\xfe"[..]).encode();
    for end in 0..reply.len() {
        support::check(&Reply::decode(&reply[..end]).expect_err("truncated"));
    }
    assert!(Reply::decode(&reply).is_ok());
}

fn replies() -> impl Strategy<Value = Reply> {
    let body = prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..100)
    ];
    (100u16..600, option::of(any::<String>()), option::of(body)).prop_map(
        |(status, subprotocol, body)| {
            let reply = Reply::new(status);
            let reply = match subprotocol {
                Some(chosen) => reply.with_subprotocol(chosen),
                None => reply,
            };
            match body {
                Some(body) => reply.with_body(body),
                None => reply,
            }
        },
    )
}

proptest! {
    #![proptest_config(crate::random::config())]

    #[test]
    fn a_reply_is_equal_after_a_round_trip(reply in replies()) {
        let keys = wire(&reply);
        let keys = keys.as_object().expect("an object");
        prop_assert!(keys.keys().all(|key| KEYS.contains(&key.as_str())));
        prop_assert_eq!(Reply::decode(&reply.encode()).expect("a reply"), reply);
    }
}

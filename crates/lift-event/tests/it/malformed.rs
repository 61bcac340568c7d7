//! Invalid events: decoding always returns a short error that names the right field.

use lift_event::{AuthorizerRequest, DecodeError, Event};
use serde_json::{Value, json};

use crate::support::{
    AUTHORIZER, EVENTS, check, decode, field, full, refused, value, with, with_raw, without,
};

/// Fields that cannot be absent.
const REQUIRED: [&str; 11] = [
    "requestContext",
    "requestContext.routeKey",
    "requestContext.eventType",
    "requestContext.requestTime",
    "requestContext.stage",
    "requestContext.connectedAt",
    "requestContext.requestTimeEpoch",
    "requestContext.requestId",
    "requestContext.domainName",
    "requestContext.connectionId",
    "requestContext.apiId",
];

#[test]
fn wrong_types_are_refused() {
    let samples = [json!("5x"), json!(5), json!(-1), json!(1.5), json!(true), json!([]), json!({})];
    let refused_except = |path: &str, fits: &[usize]| {
        let wrong = samples.iter().enumerate().filter(|(index, _)| !fits.contains(index));
        wrong.for_each(|(_, wrong)| refused(with(path, wrong.clone()), path));
    };
    for path in [
        "type",
        "methodArn",
        "body",
        "requestContext.routeKey",
        "requestContext.messageId",
        "requestContext.extendedRequestId",
        "requestContext.requestTime",
        "requestContext.messageDirection",
        "requestContext.disconnectReason",
        "requestContext.stage",
        "requestContext.requestId",
        "requestContext.domainName",
        "requestContext.connectionId",
        "requestContext.apiId",
        "requestContext.identity.userAgent",
        "requestContext.identity.sourceIp",
    ] {
        // Any string is valid.
        let fits: &[usize] = &[0];
        refused_except(path, fits);
    }
    refused_except("requestContext.eventType", &[]);
    refused_except("requestContext.connectedAt", &[1]);
    refused_except("requestContext.requestTimeEpoch", &[1]);
    refused_except("requestContext.disconnectStatusCode", &[1, 2]);
    refused_except("isBase64Encoded", &[4]);
    // Objects; an empty context lacks its fields.
    refused_except("requestContext", &[6]);
    refused_except("requestContext.identity", &[6]);
    // An array of the values is not accepted: fields have names.
    let context: Vec<Value> =
        full()["requestContext"].as_object().expect("an object").values().cloned().collect();
    refused(with("requestContext", json!(context)), "requestContext");
}

#[test]
fn required_fields_are_required() {
    for path in REQUIRED {
        refused(without(path), path);
        refused(with(path, Value::Null), path);
    }
    refused(with("requestContext.connectionId", json!("")), "requestContext.connectionId");
}

#[test]
fn errors_of_authorizer_requests_name_the_field_too() {
    for path in REQUIRED {
        let mut request = value(AUTHORIZER);
        *field(&mut request, path) = Value::Null;
        let error = AuthorizerRequest::decode(request.to_string()).expect_err("refused");
        check(&error);
        assert_eq!(error.field(), path);
    }
}

/// A second, slower pass finds the path of the error. Raw JSON before the error must not change the path.
#[test]
fn the_path_of_an_error_after_raw_values_is_right() {
    for raw in ["headers", "multiValueHeaders", "queryStringParameters", "stageVariables"] {
        let text = format!(
            r#"{{"{raw}":{{"a":[{{"$serde_json::private::RawValue":"{{}}"}}, 1e999]}},
                "requestContext":{{"authorizer":{{"b":[null]}},"identity":{{"sourceIp":7}}}}}}"#
        );
        refused(text, "requestContext.identity.sourceIp");
        // Invalid raw JSON: the error names the map.
        refused(format!(r#"{{"{raw}":{{"a":nul}}}}"#), raw);
    }
    refused(r#"{"requestContext":{"authorizer":{"a":tru}}}"#, "requestContext.authorizer");
}

#[test]
fn base64_must_be_base64() {
    for body in ["a", "a===", "a-_b", "aGk", "aGl=", "aG k=", "aGk=\n", "\u{e9}", "====", "aGk=="] {
        let mut event = full();
        event["isBase64Encoded"] = json!(true);
        event["body"] = json!(body);
        refused(event.to_string(), "body");
        event["isBase64Encoded"] = json!(false);
        assert_eq!(decode(&event.to_string()).text(), Some(body));
    }
}

#[test]
fn numbers_must_fit() {
    for (path, wrong) in [
        ("requestContext.connectedAt", "18446744073709551616"),
        ("requestContext.connectedAt", "-9223372036854775809"),
        ("requestContext.requestTimeEpoch", "1e400"),
        ("requestContext.requestTimeEpoch", "1e3"),
        ("requestContext.requestTimeEpoch", "01"),
        ("requestContext.disconnectStatusCode", "2147483648"),
        ("requestContext.disconnectStatusCode", "-2147483649"),
        ("requestContext.disconnectStatusCode", "-"),
    ] {
        refused(with_raw(path, wrong), path);
        refused(with_raw(path, &"9".repeat(1 << 20)), path);
    }
    let max = decode(&with_raw("requestContext.connectedAt", "18446744073709551615"));
    assert_eq!(max.connected_at().as_millis(), u64::MAX);
}

#[test]
fn truncated_events_are_refused() {
    for fixture in EVENTS.into_iter().chain([AUTHORIZER]) {
        for end in 0..fixture.len() {
            let part = &fixture.as_bytes()[..end];
            check(&Event::decode(part.to_vec()).expect_err("truncated"));
            check(&AuthorizerRequest::decode(part.to_vec()).expect_err("truncated"));
        }
    }
}

#[test]
fn double_keys_are_refused() {
    for key in ["body", "headers", "isBase64Encoded", "requestContext", "stageVariables"] {
        let text = full().to_string();
        refused(format!(r#"{{"{key}":{},{}"#, full()[key], &text[1..]), key);
    }
    let context = &full()["requestContext"];
    for (key, twice) in context.as_object().expect("an object") {
        let text = context.to_string();
        let text = format!(r#"{{"{key}":{twice},{}"#, &text[1..]);
        refused(with_raw("requestContext", &text), &format!("requestContext.{key}"));
    }
}

#[test]
fn scalars_and_garbage_are_refused() {
    let scalars =
        ["", " ", "null", "true", "5", "-0", "1e999", "\"x\"", "[]", "[{}]", "\u{feff}{}"];
    for text in scalars {
        refused(text, ".");
    }
    refused("{}", "requestContext");
    for fixture in EVENTS {
        refused(format!("{fixture}x"), ".");
        refused(format!("{fixture}{fixture}"), ".");
        refused(format!("[{fixture}]"), ".");
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = 100_000;
    let list = "[".repeat(deep);
    let map = r#"{"a":"#.repeat(deep);
    refused(list.as_str(), ".");
    check(&Event::decode(map.clone()).expect_err("truncated"));
    for path in ["headers", "newKey", "requestContext.authorizer", "requestContext.newKey"] {
        for open in [&list, &map] {
            check(&Event::decode(with_raw(path, open)).expect_err("truncated"));
        }
    }
    // Valid in fields that are not decoded.
    let closed = format!(r#"{{"a":{list}{}}}"#, "]".repeat(deep));
    decode(&with_raw("newKey", &closed));
    let event = decode(&with_raw("multiValueHeaders", &closed));
    check(&event.headers().expect_err("too deep"));
    let event = decode(&with_raw("requestContext.authorizer", &closed));
    assert_eq!(event.authorizer().map(|raw| raw.get().len()), Some(closed.len()));
}

#[test]
fn errors_do_not_quote_megabytes() {
    let error = |text: String| Event::decode(text).expect_err("refused");
    for long in ["x".repeat(10 << 20), "\u{1f680}".repeat(10 << 18), "\\u0000".repeat(1 << 20)] {
        let quoted = format!("\"{long}\"");
        check(&error(long));
        for path in [
            "requestContext.eventType",
            "requestContext.connectedAt",
            "isBase64Encoded",
            "headers",
            "requestContext.authorizer",
        ] {
            refused(with_raw(path, &quoted), path);
        }
        let headers = decode(&with_raw("multiValueHeaders", &format!("{{{quoted}:5}}")));
        check(&headers.headers().expect_err("not a list"));
        let headers = decode(&with_raw("multiValueHeaders", &format!("{{\"a\":[{quoted},5]}}")));
        check(&headers.headers().expect_err("not a string"));
    }
    check(&Event::decode(vec![0; 10 << 20]).expect_err("zeros"));
    check(&Event::decode(vec![0xff; 10 << 20]).expect_err("not UTF-8"));
}

#[test]
fn invalid_utf8_is_refused() {
    for fixture in EVENTS {
        for at in (0..=fixture.len()).step_by(7) {
            for wrong in [&b"\xff"[..], b"\x80", b"\xed\xa0\x80", b"\xf0\x9f\x9a"] {
                let mut bytes = fixture.as_bytes().to_vec();
                bytes.splice(at..at, wrong.iter().copied());
                refused(bytes, ".");
            }
        }
    }
}

#[test]
fn error_is_a_standard_error_type() {
    fn is_standard<T: std::error::Error + Clone + PartialEq + Send + Sync + 'static>(_: &T) {}
    let error: DecodeError =
        Event::decode(without("requestContext.connectionId")).expect_err("refused");
    is_standard(&error);
    let text = error.to_string();
    assert!(text.starts_with("`requestContext.connectionId`: missing field"), "{text}");
}

#[test]
fn error_keeps_control_characters_out_of_logs_and_stays_short() {
    for control in ['\u{7f}', '\u{85}', '\u{1b}'] {
        let key = control.to_string().repeat(500);
        let reply = format!(r#"{{"statusCode":200,"{key}":1}}"#);
        let text = lift_event::Reply::decode(reply.as_bytes()).expect_err("unknown").to_string();
        assert!(text.len() < 1024 && !text.contains(char::is_control), "{text:?}");
    }
}

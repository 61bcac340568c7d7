//! Captured events: all values of the accessors, and the same JSON after encoding.

use lift_event::{AuthorizerRequest, Event, EventKind, Payload, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    AUTHORIZER, BASE64, BROWSER, CONTEXT, EVENTS, IDLE, JSON, NO_STATUS, NULLS, PLAIN, decode,
    value, without_nulls,
};

/// Checks the values that all events share. The ids depend on the capture; there are two.
#[track_caller]
fn check(event: &Event, kind: EventKind, route_key: &str) {
    let is_first_capture = event.api_id() == "k3v9example";
    let pick =
        |first: &'static str, second: &'static str| if is_first_capture { first } else { second };
    assert_eq!(event.kind(), kind);
    assert_eq!(event.route_key(), route_key);
    assert_eq!(event.stage(), "prod");
    assert_eq!(event.api_id(), pick("k3v9example", "abc123defg"));
    let host = format!("{}.execute-api.eu-west-1.amazonaws.com", event.api_id());
    assert_eq!(event.domain_name(), host);
    assert_eq!(event.connection_id(), pick("Vq8_edKIjoECGrg=", "Gx1aBdYsDoECJvw="));
    assert_eq!(event.request_id(), pick("Vq9E2HWsDoEFk3g=", "Gx1aBFpzDoEFYQA="));
    let time = pick("21/Nov/2026:09:16:02 +0000", "21/Nov/2026:12:00:00 +0000");
    assert_eq!(event.request_time(), time);
    let (connected, epoch) = match is_first_capture {
        true => (1795252524410, 1795252562090),
        false => (1795262400000, 1795262400123),
    };
    let times = [event.connected_at(), event.request_time_epoch()].map(Timestamp::as_millis);
    assert_eq!(times, [connected, epoch]);
    assert_eq!(event.message_id().is_some(), kind == EventKind::Message);
    assert_eq!(event.disconnect_code().is_some(), kind == EventKind::Disconnect);
    assert_eq!(event.disconnect_reason().is_some(), kind == EventKind::Disconnect);
    if kind != EventKind::Message {
        assert_eq!((event.body(), event.text()), (&b""[..], Some("")));
    }
}

#[test]
fn a_connect_of_a_browser_is_decoded() {
    let event = decode(BROWSER);
    check(&event, EventKind::Connect, "$connect");
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                  Chrome/140.0 Safari/537.36";
    assert_eq!(event.source_ip(), Some("203.0.113.7"));
    assert_eq!(event.user_agent(), Some(chrome));
    let headers = event.headers().expect("headers");
    assert_eq!(headers.iter().count(), 14);
    assert_eq!(headers.get("user-agent"), Some(chrome));
    assert_eq!(headers.get("origin"), Some("https://app.example.com"));
    assert_eq!(headers.get("Sec-WebSocket-Key"), Some("x3JJHMbDL1EzLkh9GBhXDw=="));
    let query = event.query().expect("a query");
    assert_eq!(query.get("v"), Some("2"));
    assert_eq!(query.get("token"), value(BROWSER)["queryStringParameters"]["token"].as_str());
    assert_eq!(query.iter().count(), 2);
    assert_eq!(event.stage_variables().expect("none").iter().count(), 0);
    assert!(event.authorizer().is_none());
}

#[test]
fn a_connect_in_the_style_of_2020_with_nulls_is_decoded() {
    let event = decode(NULLS);
    check(&event, EventKind::Connect, "$connect");
    assert_eq!(event.source_ip(), Some("198.51.100.9"));
    assert_eq!(event.user_agent(), None);
    assert_eq!(event.headers().expect("headers").get("sec-websocket-version"), Some("13"));
    assert_eq!(event.query().expect("none").iter().count(), 0);
    assert!(event.authorizer().is_none());
}

#[test]
fn disconnects_are_decoded() {
    for (fixture, code, reason) in
        [(IDLE, 1001, "Going away"), (NO_STATUS, 1005, "Client-side close frame status not set")]
    {
        let event = decode(fixture);
        check(&event, EventKind::Disconnect, "$disconnect");
        assert_eq!(event.disconnect_code(), Some(code));
        assert_eq!(event.disconnect_reason(), Some(reason));
        assert_eq!(event.source_ip(), Some("203.0.113.77"));
        assert_eq!(event.headers().expect("headers").get("X-Api-Key"), Some(""));
    }
}

#[test]
fn a_message_of_a_route_is_decoded() {
    let event = decode(JSON);
    check(&event, EventKind::Message, "sendmessage");
    assert_eq!(event.message_id(), Some("Gx1aCcsVDoECJvw="));
    let body: Value = serde_json::from_slice(event.body()).expect("JSON");
    assert_eq!(body["text"], "hello everyone, this is a normal chat message");
    assert_eq!(body["id"], 12345);
    assert_eq!(event.headers().expect("none").iter().count(), 0);
}

#[test]
fn a_message_with_an_authorizer_context_is_decoded() {
    let event = decode(CONTEXT);
    check(&event, EventKind::Message, "move");
    assert_eq!(event.message_id(), Some("Vq9B7cqcjoECGrg="));
    let text = r#"{"action":"move","x":3,"y":-1,"note":"caf\u00e9 \ud83d\ude80"}"#;
    assert_eq!(event.text(), Some(text));
    assert_eq!(event.stage_variables().expect("one").get("table"), Some("connections"));
    let context = value(event.authorizer().expect("a context").get());
    let same = json!({
        "principalId": "player-42",
        "integrationLatency": 31,
        "tier": "gold",
        "level": 7,
        "beta": true,
    });
    assert_eq!(context, same);
}

#[test]
fn a_message_to_the_default_route_is_decoded() {
    let event = decode(PLAIN);
    check(&event, EventKind::Message, "$default");
    assert_eq!(event.message_id(), Some("Vq9E2fkzjoECGrg="));
    assert_eq!((event.body(), event.text()), (&b"hello"[..], Some("hello")));
}

#[test]
fn a_message_in_base64_is_decoded() {
    let event = decode(BASE64);
    check(&event, EventKind::Message, "$default");
    assert_eq!(event.message_id(), Some("Vq9B7cqcjoECGrh="));
    assert_eq!((event.body(), event.text()), (&b"hello world"[..], Some("hello world")));
}

#[test]
fn an_authorizer_request_is_decoded() {
    let request = AuthorizerRequest::decode(AUTHORIZER).expect("a request");
    let arn = "arn:aws:execute-api:eu-west-1:111122223333:k3v9example/prod/$connect";
    assert_eq!(request.method_arn(), arn);
    let event = request.event();
    check(event, EventKind::Connect, "$connect");
    assert_eq!(event.payload(), AUTHORIZER);
    assert_eq!(event.source_ip(), Some("203.0.113.77"));
    assert_eq!(event.query().expect("a query").get("token"), Some("t-1"));
    // The multi-value map of this example holds one header only.
    assert_eq!(event.headers().expect("one").get("connection"), Some("upgrade"));
}

#[test]
fn authorizer_requests_and_connection_events_are_not_confused() {
    let error = Event::decode(AUTHORIZER).expect_err("an authorizer request");
    assert_eq!(error.field(), "methodArn");
    for field in ["type", "methodArn"] {
        let mut half = value(AUTHORIZER);
        half[field] = Value::Null;
        assert!(Event::decode(half.to_string()).is_err(), "{field}");
        let error = AuthorizerRequest::decode(half.to_string()).expect_err("incomplete");
        assert_eq!(error.field(), field);
    }
    for fixture in EVENTS {
        let error = AuthorizerRequest::decode(fixture).expect_err("an event");
        assert_eq!(error.field(), "type");
    }
}

#[test]
fn encoding_a_decoded_fixture_gives_the_same_json() {
    for fixture in EVENTS.into_iter().chain([AUTHORIZER]) {
        let payload = Payload::decode(fixture).expect("a payload");
        let encoded: Value = serde_json::from_slice(&payload.encode()).expect("JSON");
        assert_eq!(encoded, without_nulls(value(fixture)));
        // Encoding again gives the same bytes.
        let text = String::from_utf8(payload.encode().into()).expect("UTF-8");
        assert_eq!(Payload::decode(&text).expect("a payload").encode(), text);
    }
}

#[test]
fn debug_output_shows_no_secrets() {
    for fixture in EVENTS {
        let debug = format!("{:?}", decode(fixture));
        assert!(debug.contains("connection_id"), "{debug}");
        for secret in ["hello", "token", "eyJ", "Sec-WebSocket", "player-42"] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }
}

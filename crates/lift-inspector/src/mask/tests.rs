//! What is masked, what is not, and the way back.

use super::{MASK, Mask};

fn mask() -> Mask {
    let mask = Mask::new(["management-token".to_owned()]);
    mask.show_subprotocols(vec!["chat".to_owned()]);
    mask
}

#[test]
fn an_events_secrets_are_masked_and_the_rest_stays_as_it_is() {
    let event = r#"{"headers":{"Authorization":"Bearer abcdefgh","Cookie":"sid=1","Host":"a",
        "x-api-key":"k-123","Sec-WebSocket-Protocol":"chat, bearer, s3cr3t","Sec-WebSocket-Key":"dGhl"},
        "multiValueHeaders":{"authorization":["Bearer abcdefgh"],"sec-websocket-protocol":["bearer.s3cr3t","graphql-ws"]},
        "queryStringParameters":{"name":"ana","ticket":"t-1","sig":"s-1"},
        "requestContext":{"routeKey":"say","n":1.50,"authorizer":{"principalId":"ana","accessToken":"at"}},
        "body":"{\"action\":\"say\",\"password\":\"pw\",\"big\":12345678901234567890123}"}"#;
    let shown = mask().text(event);
    for secret in ["abcdefgh", "sid=1", "k-123", "s3cr3t", "t-1", "s-1", "\"at\"", "pw"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for kept in [
        r#""Host":"a""#,
        r#""name":"ana""#,
        r#""routeKey":"say","n":1.50"#,
        r#""principalId":"ana""#,
        r#"\"big\":12345678901234567890123"#,
        r#""Sec-WebSocket-Key":"dGhl""#,
        r#""Sec-WebSocket-Protocol":"chat, •••, •••""#,
        r#""sec-websocket-protocol":["•••","graphql-ws"]"#,
    ] {
        assert!(shown.contains(kept), "{kept} is not in {shown}");
    }
    assert!(shown.find("headers") < shown.find("body"), "the order stays");
}

#[test]
fn a_text_without_a_secret_stays_byte_for_byte() {
    let mask = mask();
    for text in [
        "",
        "hello",
        "{ \"action\" : \"say\",\n \"text\" : \"a=b & c\" }",
        "{\"token\": null, \"key\": \"\"}",
        "{not json",
        "[1, 2.0, \"\\u00e9\"]",
        "the bearer of news",
    ] {
        assert_eq!(mask.text(text), text);
    }
}

#[test]
fn names_of_secrets_in_all_forms() {
    let mask = mask();
    for name in [
        "code",
        "sid",
        "session",
        "pass",
        "pin",
        "access",
        "refresh",
        "state",
        "X-Session-Id",
        "X-Auth",
        "PHPSESSID",
        "JSESSIONID",
        "connect.sid",
        "X-CSRF-Token",
        "X-XSRF-TOKEN",
        "SAMLResponse",
        "RelayState",
        "client_assertion",
        "code_verifier",
        "totp",
        "x-functions-apikey",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "X-Amz-Security-Token",
        "X-Forwarded-Authorization",
    ] {
        let header = format!("{{\"headers\":{{\"{name}\":\"CANARY\"}}}}");
        let nested = format!("{{\"user\":{{\"{name}\":{{\"a\":\"CANARY\"}}}}}}");
        for text in [header, nested, format!("GET /?a=1&{name}=CANARY HTTP")] {
            assert!(!mask.text(&text).contains("CANARY"), "{text}");
        }
    }
    let frame = r#"{"error":{"code":"invalid_payload","message":"text is missing"}}"#;
    assert_eq!(mask.text(frame), frame, "an error's code is shown");
    let short = "{\"headers\":{\"Sec-WebSocket-Protocol\":\"chat, CANARY\"}}";
    assert!(!mask.text(short).contains("CANARY"), "a short token without a word before it");
    let ordinary = r#"{"statusCode":200,"status":"ok","passenger":"ana","pinned":true,"accessible":1,"codec":"x"}"#;
    assert_eq!(mask.text(ordinary), ordinary);
}

#[test]
fn secrets_are_found_by_their_looks_too() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    let mask = mask();
    for (text, masked) in [
        (jwt.to_owned(), MASK.to_owned()),
        (format!("[\"{jwt}\"]"), format!("[\"{MASK}\"]")),
        ("GET /?a=1&access_token=x HTTP".to_owned(), format!("GET /?a=1&access_token={MASK} HTTP")),
        ("authorization: bearer abcd.efgh".to_owned(), format!("authorization: bearer {MASK}")),
        ("it is management-token, yes".to_owned(), format!("it is {MASK}, yes")),
        ("{\"x\":\"management-token\"}".to_owned(), format!("{{\"x\":\"{MASK}\"}}")),
        (
            "{\"a\":{\"password\":[{\"b\":\"c\"}]},\"d\":1}".to_owned(),
            format!("{{\"a\":{{\"password\":\"{MASK}\"}},\"d\":1}}"),
        ),
        (
            "{\"password\" : \"a\\\"b\" , \"c\":".to_owned(),
            format!("{{\"password\":\"{MASK}\" , \"c\":"),
        ),
        ("{\"password\" : \"a\\\"b\" }".to_owned(), format!("{{\"password\" : \"{MASK}\" }}")),
        (
            "{\"ticket\":[\"a\",\"b\"]}".to_owned(),
            format!("{{\"ticket\":[\"{MASK}\",\"{MASK}\"]}}"),
        ),
        ("{\"password\":123}".to_owned(), format!("{{\"password\":\"{MASK}\"}}")),
        ("{\"tokens\":{\"a\":\"b\"}}".to_owned(), format!("{{\"tokens\":\"{MASK}\"}}")),
    ] {
        assert_eq!(mask.text(&text), masked);
    }
}

#[test]
fn depth_is_no_way_out() {
    let deep = format!("{}{{\"password\":\"pw\"}}{}", "[".repeat(50_000), "]".repeat(50_000));
    let masked = deep.replace("\"pw\"", &format!("\"{MASK}\""));
    assert_eq!(mask().text(&deep), masked);
    // Strings in strings end somewhere, and there only looks count.
    let mut nested = "{\"password\":\"pw\"}".to_owned();
    for _ in 0..6 {
        nested = serde_json::json!({ "body": nested }).to_string();
    }
    let shown = mask().text(&nested);
    assert!(shown.len() <= nested.len(), "{shown}");
}

#[test]
fn an_edited_event_gets_its_secrets_back() {
    let mask = mask();
    let original = r#"{"headers":{"Cookie":"sid=1"},"body":"{\"text\":\"hi\",\"token\":\"t-1\"}"}"#;
    let shown = mask.text(original);
    assert_eq!(mask.restore(&shown, original), original);
    let edited = shown.replace("hi", "ho");
    let restored = mask.restore(&edited, original);
    assert!(!restored.contains(MASK), "{restored}");
    assert!(restored.contains("sid=1") && restored.contains("t-1") && restored.contains("ho"));
    // A secret that was edited is the edited one.
    let edited = shown.replacen(MASK, "sid=2", 1);
    assert!(mask.restore(&edited, original).contains("sid=2"));
}

//! The `@connections` API: statuses, types of errors, bodies.

use std::sync::{Arc, OnceLock};

use lift_event::EventKind;
use lift_gateway::{Limits, Routes};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::api::*;

const UNKNOWN: &str = "R1kmxc2VNjMCFIA=";

#[tokio::test]
async fn post_sends_text_binary_and_nothing() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (mut client, id) = api.connect_with_id().await;
    let encoded = id.replace('=', "%3D");
    for (path, body, frame) in [
        (format!("/prod/@connections/{id}"), "héllo".as_bytes(), Message::text("héllo")),
        (format!("/prod/%40connections/{encoded}"), b"\xff\x00", Message::binary(&b"\xff\x00"[..])),
        (format!("/prod/@connections/{encoded}"), b"", Message::text("")),
    ] {
        let response = api.http("POST", &path, body).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0), "{path}");
        assert_eq!(header(&response, "x-amzn-requestid").len(), 16);
        assert_eq!(receive(&mut client).await, frame);
    }
    let large = "x".repeat(128 * 1024);
    assert_eq!(api.manage("POST", &id, large.clone()).await.status(), 200);
    assert_eq!(text(&mut client).await, large);
}

#[tokio::test]
async fn get_describes_the_connection() {
    let api = TestGateway::start(|_| async { ok() }).await;
    for agent in [None, Some("wscat/6")] {
        let mut request = api.url().into_client_request().unwrap();
        if let Some(agent) = agent {
            request.headers_mut().insert("user-agent", agent.parse().unwrap());
        }
        let (_client, _) = within(connect_async(request)).await.unwrap();
        let id = api.event(EventKind::Connect).await.connection_id().to_owned();
        let response = api.manage("GET", &id, "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "application/json");
        let body = json(response.body());
        assert_eq!(body["identity"]["sourceIp"], "127.0.0.1");
        assert_eq!(body["identity"].get("userAgent").and_then(|agent| agent.as_str()), agent);
        for time in ["connectedAt", "lastActiveAt"] {
            let time = body[time].as_str().unwrap();
            assert!(time.len() == 24 && time.ends_with('Z') && &time[19..20] == ".", "{time}");
        }
        assert_eq!(body.as_object().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn delete_sends_what_is_queued_and_closes_with_1000() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (mut client, id) = api.connect_with_id().await;
    assert_eq!(api.manage("POST", &id, "last message").await.status(), 200);
    let response = api.manage("DELETE", &id, "").await;
    assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
    assert_eq!(api.manage("POST", &id, "x").await.status(), 410);
    assert_eq!(api.manage("DELETE", &id, "").await.status(), 410);
    assert_eq!(text(&mut client).await, "last message");
    assert_eq!(closed(&mut client).await, (1000, "Connection Closed Normally".to_owned()));
    let event = api.event(EventKind::Disconnect).await;
    assert_eq!(event.disconnect_code(), Some(1000));
    assert_eq!(event.disconnect_reason(), Some("Connection Closed Normally"));
}

#[tokio::test]
async fn each_error_has_its_type_header() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (_client, id) = api.connect_with_id().await;
    let large = vec![b'x'; 128 * 1024 + 1];
    let good = format!("/prod/@connections/{id}");
    let forbidden = r#"{"message":"Forbidden"}"#;
    type Row<'a> = (&'a str, String, &'a [u8], u16, &'a str, &'a str);
    let table: &[Row<'_>] = &[
        ("GET", format!("/prod/@connections/{UNKNOWN}"), b"", 410, "GoneException", ""),
        ("POST", format!("/prod/@connections/{UNKNOWN}"), b"x", 410, "GoneException", ""),
        ("DELETE", format!("/prod/@connections/{UNKNOWN}"), b"", 410, "GoneException", ""),
        (
            "POST",
            "/prod/@connections/abc".into(),
            b"x",
            400,
            "BadRequestException",
            r#"{"message":"Invalid connectionId: abc"}"#,
        ),
        ("POST", format!("/dev/@connections/{id}"), b"x", 403, "ForbiddenException", forbidden),
        ("POST", format!("/@connections/{id}"), b"x", 403, "ForbiddenException", forbidden),
        (
            "POST",
            good.clone(),
            &large,
            413,
            "PayloadTooLargeException",
            r#"{"message":"Message too long"}"#,
        ),
        ("PUT", good, b"x", 405, "BadRequestException", r#"{"message":"Use POST, GET or DELETE"}"#),
    ];
    for (method, path, body, status, kind, text) in table {
        let response = api.http(method, path, body.to_vec()).await;
        assert_eq!(response.status(), *status, "{method} {path}");
        assert_eq!(header(&response, "x-amzn-errortype"), *kind, "{method} {path}");
        assert_eq!(header(&response, "x-amzn-requestid").len(), 16);
        assert_eq!(response.body(), text.as_bytes(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_pending_connection_is_gone_and_an_open_one_is_not() {
    let address = Arc::new(OnceLock::new());
    let gateway = address.clone();
    let routes = Routes::default().with_route("$connect", false).with_route("$default", false);
    let api = TestGateway::with(routes, Limits::default(), move |event| {
        let gateway = gateway.clone();
        async move {
            let path = format!("/prod/@connections/{}", event.connection_id());
            let response = http(*gateway.get().unwrap(), "POST", &path, &[], "x").await;
            let expected = if event.kind() == EventKind::Connect { 410 } else { 200 };
            if response.status() == expected { ok() } else { failure() }
        }
    })
    .await;
    address.set(api.address).unwrap();
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    assert_eq!(text(&mut client).await, "x");
}

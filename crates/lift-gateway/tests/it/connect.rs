//! The handshake: statuses, subprotocols, the event, clients that give up.

use std::sync::Arc;

use lift_event::{EventKind, Reply};
use lift_gateway::{InvokeError, Limits, Routes, Settings};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::Duration,
};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::api::*;

#[tokio::test]
async fn the_reply_to_connect_decides_the_status() {
    let table: &[(&str, BackendResult, u16)] = &[
        ("201", Ok(Reply::new(201).encode().into()), 101),
        ("401", Ok(Reply::new(401).encode().into()), 401),
        ("403", Ok(Reply::new(403).with_body("why").encode().into()), 403),
        ("302", Ok(Reply::new(302).encode().into()), 302),
        ("500", Ok(Reply::new(500).encode().into()), 500),
        ("100", Ok(Reply::new(100).encode().into()), 502),
        ("error", failure(), 502),
        ("exit", Err(InvokeError::exited()), 502),
        ("null", Ok("null".into()), 502),
        ("empty", Ok("".into()), 502),
        ("no status", Ok("{}".into()), 502),
        ("unknown key", Ok(r#"{"statusCode":200,"x":1}"#.into()), 502),
    ];
    for (name, outcome, status) in table {
        let outcome = outcome.clone();
        let api = TestGateway::start(move |event| {
            let outcome = if event.kind() == EventKind::Connect { outcome.clone() } else { ok() };
            async move { outcome }
        })
        .await;
        if *status == 101 {
            api.connect().await;
            continue;
        }
        let (refused, body) = api.refused("/prod").await;
        assert_eq!(refused, *status, "{name}");
        assert!(json(&body)["message"].is_string(), "{name}: {body}");
        assert!(!body.contains("why") && !body.contains("secret"), "{name}: {body}");
    }
}

#[tokio::test]
async fn the_integration_timeout_is_504() {
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let api = TestGateway::with(routes(), limits, |_| std::future::pending()).await;
    assert_eq!(api.refused("/prod").await.0, 504);
}

#[tokio::test]
async fn without_a_connect_route_every_client_is_accepted() {
    let routes = Routes::default().with_route("$default", true);
    let api = TestGateway::with(routes, Limits::default(), |_| async { Ok("{}".into()) }).await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    assert!(text(&mut client).await.contains("Internal server error"));
    assert_eq!(api.events.lock().await.try_recv().unwrap().kind(), EventKind::Message);
}

#[tokio::test]
async fn wrong_paths_are_forbidden_and_a_trailing_slash_is_not() {
    let api = TestGateway::start(|_| async { ok() }).await;
    for path in ["/", "/other", "/prod/x", "/PROD"] {
        let refused = api.refused(path).await;
        assert_eq!(refused, (403, r#"{"message":"Forbidden"}"#.to_owned()), "{path}");
    }
    within(connect_async(api.url() + "/")).await.unwrap();
    let long = format!("/prod?{}", "x".repeat(5000));
    assert_eq!(api.refused(&long).await.0, 414);
}

#[tokio::test]
async fn only_an_offered_subprotocol_is_returned() {
    for (offered, chosen, echoed) in [
        (Some("a, b"), "b", Some("b")),
        (Some("a"), "b", None),
        (None, "b", None),
        (Some("a"), "", None),
    ] {
        let api = TestGateway::start(move |_| async move {
            let reply = Reply::new(200);
            Ok(match chosen {
                "" => reply,
                chosen => reply.with_subprotocol(chosen),
            }
            .encode()
            .into())
        })
        .await;
        let offer = offered.map(|offered| format!("sec-websocket-protocol: {offered}\r\n"));
        let head = format!(
            "GET /prod HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\n\
             upgrade: WebSocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\
             sec-websocket-extensions: permessage-deflate\r\n\r\n",
            offer.unwrap_or_default()
        );
        let (_, response) = raw(&api, &head).await;
        assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
        assert!(response.contains("\r\ndate: "), "{response}");
        assert!(response.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        let echo = response.lines().find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
        assert_eq!(echo, echoed, "{offered:?} {chosen}");
        assert!(!response.contains("extensions"), "{response}");
    }
}

#[tokio::test]
async fn malformed_upgrades_are_400() {
    let good = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let api = TestGateway::start(|_| async { ok() }).await;
    let table: &[(&str, &str, &str)] = &[
        ("POST", "upgrade", "websocket"),
        ("GET", "upgrade", "h2c"),
        ("GET", "connection", "close"),
        ("GET", "sec-websocket-version", "12"),
        ("GET", "sec-websocket-key", "c2hvcnQ="),
        ("GET", "sec-websocket-key", "not base64"),
    ];
    for (method, name, value) in table {
        let headers = good.map(|(key, good)| (key, if key == *name { *value } else { good }));
        let response = http(api.address, method, "/prod", &headers, "").await;
        assert_eq!(response.status(), 400, "{method} {name}: {value}");
    }
    let mut twice = good.to_vec();
    twice.push(good[3]);
    assert_eq!(http(api.address, "GET", "/prod", &twice, "").await.status(), 400);
    assert_eq!(http(api.address, "GET", "/prod", &good, "body").await.status(), 400);
    assert_eq!(http(api.address, "GET", "/prod", &[], "").await.status(), 426);
    assert!(api.events.lock().await.try_recv().is_err(), "no event");
}

#[tokio::test]
async fn the_event_has_what_aws_sends() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let mut request = format!("{}?a=1&a=2&b=%C3%A9+x", api.url()).into_client_request().unwrap();
    for (name, value) in [("user-agent", "t/1"), ("x-custom", "1"), ("x-custom", "2")] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let (_client, _) = within(connect_async(request)).await.unwrap();
    let event = json(api.event(EventKind::Connect).await.payload());
    let context = &event["requestContext"];
    let host = api.address.to_string();
    for (key, value) in [
        ("routeKey", "$connect"),
        ("eventType", "CONNECT"),
        ("messageDirection", "IN"),
        ("stage", "prod"),
        ("apiId", "abc123"),
        ("domainName", &host),
    ] {
        assert_eq!(context[key], value, "{key}");
    }
    assert_eq!(context["identity"], json(r#"{"userAgent":"t/1","sourceIp":"127.0.0.1"}"#));
    assert_eq!(context["requestId"], context["extendedRequestId"]);
    for id in ["requestId", "connectionId"] {
        let id = context[id].as_str().unwrap();
        assert!(id.len() == 16 && id.ends_with('='), "{id}");
    }
    assert!(context["requestTime"].as_str().unwrap().ends_with(" +0000"));
    let (connected, now) = (&context["connectedAt"], &context["requestTimeEpoch"]);
    assert!(now.as_u64().unwrap() - connected.as_u64().unwrap() < 1000);
    assert_eq!(event["queryStringParameters"], json(r#"{"a":"2","b":"é x"}"#));
    let multi = json(r#"{"a":["1","2"],"b":["é x"]}"#);
    assert_eq!(event["multiValueQueryStringParameters"], multi);
    let headers = event["headers"].as_object().unwrap();
    for name in ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "X-Amzn-Trace-Id"] {
        assert!(headers.contains_key(name), "{name} in {headers:?}");
    }
    assert_eq!(headers["x-custom"], "2");
    assert_eq!(event["multiValueHeaders"]["x-custom"], json(r#"["1","2"]"#));
    assert_eq!(headers["X-Forwarded-For"], "127.0.0.1");
    assert_eq!(headers["X-Forwarded-Proto"], "http");
    assert_eq!(headers["X-Forwarded-Port"], api.address.port().to_string());
    assert!(!headers.contains_key("Connection") && !headers.contains_key("Upgrade"));
    assert_eq!(event["isBase64Encoded"], false);
    for absent in ["body", "stageVariables", "type", "methodArn"] {
        assert_eq!(event.get(absent), None::<&Value>, "{absent}");
    }
}

#[tokio::test]
async fn a_client_that_gives_up_during_connect_is_disconnected_once() {
    let go = Arc::new(Notify::new());
    let release = go.clone();
    let api = TestGateway::start(move |event| {
        let release = release.clone();
        async move {
            if event.kind() == EventKind::Connect {
                release.notified().await;
            }
            ok()
        }
    })
    .await;
    let url = api.url();
    let client = tokio::spawn(connect_async(url));
    let event = api.event(EventKind::Connect).await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    go.notify_one();
    let gone = api.event(EventKind::Disconnect).await;
    assert_eq!(gone.connection_id(), event.connection_id());
    assert_eq!(gone.disconnect_code(), Some(1006));
    let id = event.connection_id().to_owned();
    assert_eq!(api.manage("GET", &id, "").await.status(), 410);
    api.shutdown().await;
}

#[tokio::test]
async fn header_names_are_in_the_clients_case() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let head = "GET /prod HTTP/1.1\r\nHOST: x\r\nconnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nsec-webSocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                x-Mine: 1\r\nX-FORWARDED-for: 10.0.0.1\r\nx-amzn-trace-id: Root=1-0-0\r\n\r\n";
    let (_socket, response) = raw(&api, head).await;
    assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
    let event = json(api.event(EventKind::Connect).await.payload());
    let expected = serde_json::json!({
        "HOST": "x",
        "Sec-WebSocket-Version": "13",
        "sec-webSocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "x-Mine": "1",
        "X-Forwarded-For": "10.0.0.1, 127.0.0.1",
        "X-Forwarded-Port": api.address.port().to_string(),
        "X-Forwarded-Proto": "http",
        "X-Amzn-Trace-Id": "Root=1-0-0",
    });
    assert_eq!(event["headers"], expected);

    // The case of header names is known only for a socket's first request. Later names get the usual case.
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    socket.write_all(b"GET /lift.json HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut response = String::new();
    while !response.ends_with('}') {
        response.push(within(socket.read_u8()).await.unwrap().into());
    }
    socket.write_all(head.as_bytes()).await.unwrap();
    let event = json(api.event(EventKind::Connect).await.payload());
    assert_eq!(event["headers"]["X-Mine"], "1");
}

#[tokio::test]
async fn stage_variables_are_in_every_event() {
    let settings = Settings {
        stage: "prod".into(),
        routes: routes(),
        stage_variables: [("table".to_owned(), "chat".to_owned())].into(),
        ..Settings::default()
    };
    let api = TestGateway::settings(settings, |_| async { ok() }).await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    let connect = api.event(EventKind::Connect).await;
    let message = api.event(EventKind::Message).await;
    within(client.close(None)).await.unwrap();
    for event in [connect, message, api.event(EventKind::Disconnect).await] {
        assert_eq!(json(event.payload())["stageVariables"], json(r#"{"table":"chat"}"#));
    }
}

/// Sends bytes, and reads the response up to the end of its headers.
async fn raw(api: &TestGateway, head: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut response = String::new();
    while !response.ends_with("\r\n\r\n") {
        response.push(within(socket.read_u8()).await.unwrap().into());
    }
    (socket, response)
}

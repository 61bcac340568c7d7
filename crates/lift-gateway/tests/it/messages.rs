//! Messages: routes, replies, error frames, order.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use lift_event::{Event, EventKind, Reply};
use lift_gateway::{InvokeError, Limits, Routes};
use tokio::{
    sync::{Notify, mpsc},
    time::Duration,
};
use tokio_tungstenite::tungstenite::Message;

use crate::api::*;

/// Replies with the route's key.
async fn route_key(event: Event) -> BackendResult {
    Ok(Reply::new(200).with_body(event.route_key().to_owned()).encode().into())
}

#[tokio::test]
async fn two_way_routes_reply_and_one_way_routes_do_not() {
    let api = TestGateway::start(route_key).await;
    let mut client = api.connect().await;
    for (message, route) in [
        (r#"{"action":"two"}"#, "two"),
        (r#"{"action":"unknown"}"#, "$default"),
        (r#"{"action":"$connect"}"#, "$default"),
        ("not JSON", "$default"),
        ("", "$default"),
    ] {
        send(&mut client, message).await;
        assert_eq!(text(&mut client).await, route, "{message}");
    }
    send(&mut client, r#"{"action":"one"}"#).await;
    api.event(EventKind::Message).await;
    send(&mut client, r#"{"action":"two"}"#).await;
    assert_eq!(text(&mut client).await, "two", "no other frame came before it");
}

#[tokio::test]
async fn a_route_may_have_its_own_function() {
    let (sender, mut events) = mpsc::unbounded_channel();
    let own = move |payload: Bytes| {
        let sender = sender.clone();
        async move {
            let event = Event::decode(payload).expect("an event");
            let reply = Reply::new(200).with_body(format!("own {}", event.route_key()));
            sender.send(event).expect("the receiver is open");
            Ok(reply.encode().into())
        }
    };
    let routes = ["$connect", "$disconnect", "two"].iter();
    let routes =
        routes.fold(crate::api::routes(), |routes, key| routes.with_function(key, own.clone()));
    let api = TestGateway::with(routes, Limits::default(), route_key).await;
    let mut client = api.connect().await;
    for (message, reply) in [(r#"{"action":"two"}"#, "own two"), ("x", "$default")] {
        send(&mut client, message).await;
        assert_eq!(text(&mut client).await, reply, "{message}");
    }
    client.close(None).await.expect("closes");
    for kind in [EventKind::Connect, EventKind::Message, EventKind::Disconnect] {
        assert_eq!(within(events.recv()).await.expect("an event").kind(), kind);
    }
    assert_eq!(
        api.event(EventKind::Message).await.route_key(),
        "$default",
        "the other function got only this message"
    );
}

#[tokio::test]
async fn the_message_event_has_what_aws_sends() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (mut client, id) = api.connect_with_id().await;
    send(&mut client, "{\"action\":\"one\",\"x\":\"é\\n\"}").await;
    let event = json(api.event(EventKind::Message).await.payload());
    assert_eq!(event["body"], "{\"action\":\"one\",\"x\":\"é\\n\"}");
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event["requestContext"]["routeKey"], "one");
    assert_eq!(event["requestContext"]["eventType"], "MESSAGE");
    assert_eq!(event["requestContext"]["connectionId"], id);
    assert_eq!(event["requestContext"]["messageId"].as_str().unwrap().len(), 16);
    for absent in ["headers", "multiValueHeaders", "queryStringParameters"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn error_frames_equal_those_of_aws_byte_by_byte() {
    let limits = Limits { integration_timeout: Duration::from_millis(50), ..Limits::default() };
    let routes = Routes::default().with_route("$connect", false);
    let routes =
        ["slow", "fail", "null", "key"].iter().fold(routes, |r, key| r.with_route(*key, false));
    let api = TestGateway::with(routes, limits, |event| async move {
        match event.route_key() {
            "slow" => std::future::pending().await,
            "fail" => failure(),
            "null" => Ok("null".into()),
            "key" => Ok(r#"{"statusCode":200,"Data":1}"#.into()),
            _ => ok(),
        }
    })
    .await;
    let (mut client, id) = api.connect_with_id().await;
    for (action, message) in [
        ("slow", "Endpoint request timed out"),
        ("fail", "Internal server error"),
        ("null", "Internal server error"),
        ("key", "Internal server error"),
    ] {
        send(&mut client, format!(r#"{{"action":"{action}"}}"#)).await;
        let request = api.event(EventKind::Message).await.request_id().to_owned();
        let frame = format!(
            r#"{{"message": "{message}", "connectionId":"{id}", "requestId":"{request}"}}"#
        );
        assert_eq!(text(&mut client).await, frame);
    }
    send(&mut client, "no route").await;
    let frame = text(&mut client).await;
    let request = json(&frame)["requestId"].as_str().unwrap().to_owned();
    let expected =
        format!(r#"{{"message": "Forbidden", "connectionId":"{id}", "requestId":"{request}"}}"#);
    assert_eq!(frame, expected);
}

#[tokio::test]
async fn the_status_of_a_reply_to_a_message_has_no_effect() {
    let api = TestGateway::start(|event| async move {
        let status = if event.kind() == EventKind::Message { 500 } else { 200 };
        Ok(Reply::new(status).with_body("body").encode().into())
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, r#"{"action":"one"}"#).await;
    send(&mut client, r#"{"action":"two"}"#).await;
    assert_eq!(text(&mut client).await, "body");
}

#[tokio::test]
async fn messages_of_one_connection_run_at_the_same_time() {
    let release = Arc::new(Notify::new());
    let api = TestGateway::start(move |event| {
        let release = release.clone();
        async move {
            match event.text() {
                Some("first") => release.notified().await,
                Some("second") => release.notify_one(),
                _ => {}
            }
            Ok(Reply::new(200).with_body(Bytes::copy_from_slice(event.body())).encode().into())
        }
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "first").await;
    send(&mut client, "second").await;
    let mut texts = [text(&mut client).await, text(&mut client).await];
    texts.sort();
    assert_eq!(texts, ["first", "second"]);
}

#[tokio::test]
async fn a_connection_with_too_many_messages_in_flight_is_not_read() {
    let release = Arc::new(Notify::new());
    let inner = release.clone();
    let limits = Limits { in_flight: 2, ..Limits::default() };
    let api = TestGateway::with(routes(), limits, move |event| {
        let release = inner.clone();
        async move {
            if event.kind() == EventKind::Message {
                release.notified().await;
            }
            Ok(Reply::new(200).with_body(Bytes::copy_from_slice(event.body())).encode().into())
        }
    })
    .await;
    let mut client = api.connect().await;
    for n in 0..5 {
        send(&mut client, n.to_string()).await;
    }
    for _ in 0..2 {
        api.event(EventKind::Message).await;
    }
    // A later request passes through the gateway, so it would have read the third message by now.
    assert_eq!(api.http("GET", "/lift.json", "").await.status(), 200);
    assert!(api.events.lock().await.try_recv().is_err());
    let mut seen = Vec::new();
    for _ in 0..5 {
        release.notify_one();
        seen.push(text(&mut client).await);
    }
    seen.sort();
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn replies_that_are_not_text_are_sent_as_binary_and_too_long_ones_fail() {
    let limits = Limits { message_bytes: 1000, ..Limits::default() };
    let api = TestGateway::with(routes(), limits, |event| async move {
        Ok(match event.text() {
            Some("binary") => Reply::new(200).with_body(&b"\xff\x00"[..]),
            Some("long") => Reply::new(200).with_body("x".repeat(1001)),
            _ => Reply::new(200),
        }
        .encode()
        .into())
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "binary").await;
    assert_eq!(receive(&mut client).await, Message::binary(&b"\xff\x00"[..]));
    send(&mut client, "long").await;
    assert!(text(&mut client).await.contains("Internal server error"));
}

#[tokio::test]
async fn a_ping_gets_a_pong_and_no_event() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let mut client = api.connect().await;
    client.send(Message::Ping("hi".into())).await.unwrap();
    let pong = within(client.next()).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("hi".into()));
    assert_eq!(api.events.lock().await.recv().await.unwrap().kind(), EventKind::Connect);
    assert!(api.events.lock().await.try_recv().is_err());
}

#[tokio::test]
async fn an_exit_of_the_function_gives_an_error_frame() {
    let api = TestGateway::start(|event| async move {
        if event.kind() == EventKind::Message { Err(InvokeError::exited()) } else { ok() }
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    assert!(text(&mut client).await.contains("Internal server error"));
}

#[tokio::test]
async fn a_function_runs_on_after_the_client_got_a_timeout() {
    let (release, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (open, ended) = (release.clone(), done.clone());
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let routes = Routes::default().with_route("$default", true);
    let api = TestGateway::with(routes, limits, move |_| {
        let (release, done) = (release.clone(), done.clone());
        async move {
            release.notified().await;
            done.notify_one();
            Ok(Reply::new(200).with_body("too late").encode().into())
        }
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    assert!(text(&mut client).await.contains("Endpoint request timed out"));
    open.notify_one();
    within(ended.notified()).await;
    within(client.close(None)).await.unwrap();
    assert!(matches!(receive(&mut client).await, Message::Close(_)), "the late reply is dropped");
}

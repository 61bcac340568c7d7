//! Behavior that AWS does not document: each setting with a value that is not its default.

use futures_util::{SinkExt, StreamExt};
use lift_event::{EventKind, Reply};
use lift_gateway::{BinaryMessages, BinaryPosts, Limits, Settings, Undocumented};
use tokio::{sync::mpsc, time::Duration};
use tokio_tungstenite::tungstenite::Message;

use crate::api::*;

fn settings(undocumented: Undocumented) -> Settings {
    Settings { stage: "prod".into(), routes: routes(), undocumented, ..Settings::default() }
}

async fn api(undocumented: Undocumented) -> TestGateway {
    TestGateway::settings(settings(undocumented), |event| async move {
        match event.text().unwrap_or_default() {
            "null" => Ok("null".into()),
            "{}" => Ok("{}".into()),
            text if text.contains("bad") => Ok(Reply::new(400).encode().into()),
            _ => Ok(Reply::new(200).with_body("ok").encode().into()),
        }
    })
    .await
}

#[tokio::test]
async fn the_settings_choose_the_statuses_of_handshakes() {
    let undocumented = Undocumented {
        connect_error_status: 500,
        connect_timeout_status: 502,
        extra_path_status: 404,
        ..Undocumented::default()
    };
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let failing =
        TestGateway::settings(settings(undocumented.clone()), |_| async { failure() }).await;
    let error = r#"{"message":"Internal server error"}"#.to_owned();
    assert_eq!(failing.refused("/prod").await, (500, error.clone()));
    assert_eq!(failing.refused("/prod/x").await.0, 404);
    assert_eq!(failing.refused("/other").await.0, 403);
    let settings = Settings { limits: limits.clone(), ..settings(undocumented) };
    let slow = TestGateway::settings(settings, |_| std::future::pending()).await;
    assert_eq!(slow.refused("/prod").await, (502, error));
    let default = TestGateway::with(routes(), limits, |_| std::future::pending()).await;
    let late = r#"{"message":"Endpoint request timed out"}"#.to_owned();
    assert_eq!(default.refused("/prod").await, (504, late));
}

#[tokio::test]
async fn settings_send_errors_of_one_way_routes_and_drop_empty_replies() {
    let undocumented =
        Undocumented { one_way_error_frames: true, empty_replies: true, ..Undocumented::default() };
    let api = api(undocumented).await;
    let mut client = api.connect().await;
    send(&mut client, r#"{"action":"one","x":"bad"}"#).await;
    assert!(text(&mut client).await.contains("Internal server error"));
    for message in ["null", "{}"] {
        send(&mut client, message).await;
    }
    send(&mut client, "x").await;
    assert_eq!(text(&mut client).await, "ok", "no other frame came before it");
}

#[tokio::test]
async fn a_setting_turns_binary_posts_into_text() {
    let api =
        api(Undocumented { binary_posts: BinaryPosts::LossyText, ..Undocumented::default() }).await;
    let (mut client, id) = api.connect_with_id().await;
    assert_eq!(api.manage("POST", &id, &b"a\xffb"[..]).await.status(), 200);
    assert_eq!(text(&mut client).await, "a\u{fffd}b");
}

#[tokio::test]
async fn a_setting_allows_binary_messages() {
    for (binary_messages, reply) in [
        (BinaryMessages::Refused, Message::text("ok")),
        (BinaryMessages::Base64, Message::binary("ok")),
    ] {
        let settings = settings(Undocumented { binary_messages, ..Undocumented::default() });
        let api = TestGateway::settings(settings, |_| async {
            Ok(r#"{"statusCode":200,"body":"b2s=","isBase64Encoded":true}"#.into())
        })
        .await;
        let mut client = api.connect().await;
        send(&mut client, "x").await;
        assert_eq!(receive(&mut client).await, reply);
        within(client.send(Message::binary(&b"\x00\xff"[..]))).await.unwrap();
        if binary_messages == BinaryMessages::Refused {
            assert_eq!(closed(&mut client).await.0, 1003);
            continue;
        }
        assert_eq!(receive(&mut client).await, reply);
        api.event(EventKind::Message).await;
        let event = api.event(EventKind::Message).await;
        assert_eq!(event.body(), &b"\x00\xff"[..]);
        assert_eq!(event.route_key(), "$default");
        assert_eq!(json(event.payload())["isBase64Encoded"], true);
    }
}

#[tokio::test]
async fn silent_clients_may_have_no_disconnect() {
    let undocumented = Undocumented {
        silent_clients_skip_disconnect: true,
        close_reason_1006: "Connection lost".into(),
        ..Undocumented::default()
    };
    let api = api(undocumented).await;
    let (silent, silent_id) = api.connect_with_id().await;
    let (mut talking, id) = api.connect_with_id().await;
    drop(silent);
    send(&mut talking, "x").await;
    assert_eq!(text(&mut talking).await, "ok");
    drop(talking);
    let event = api.event(EventKind::Disconnect).await;
    assert_eq!((event.connection_id(), event.disconnect_code()), (id.as_str(), Some(1006)));
    assert_eq!(event.disconnect_reason(), Some("Connection lost"));
    assert_eq!(api.manage("GET", &silent_id, "").await.status(), 410);
    let mut events = std::mem::replace(&mut *api.events.lock().await, mpsc::unbounded_channel().1);
    api.shutdown().await;
    while let Ok(event) = events.try_recv() {
        assert_ne!(event.kind(), EventKind::Disconnect);
    }
}

#[tokio::test]
async fn a_setting_chooses_the_close_code_of_a_shutdown() {
    let api = api(Undocumented { shutdown_code: 1012, ..Undocumented::default() }).await;
    let mut client = api.connect().await;
    let stopping = tokio::spawn(api.shutdown());
    assert_eq!(closed(&mut client).await, (1012, "Service restart".to_owned()));
    // The library replies to the close frame while the test reads.
    while client.next().await.is_some() {}
    within(stopping).await.unwrap();
}

//! The end of a connection: one close code to the client and one `$disconnect` to the function; shutdown.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{SinkExt, StreamExt};
use lift_event::{EventKind, Reply};
use lift_gateway::{Limits, Routes};
use tokio::{
    sync::{Notify, mpsc},
    time::Duration,
};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::api::*;

#[tokio::test]
async fn disconnect_has_the_code_and_the_reason_of_the_clients_close() {
    let frame =
        |code: u16, reason: &'static str| CloseFrame { code: code.into(), reason: reason.into() };
    let api = TestGateway::start(|_| async { ok() }).await;
    for (sent, code, reason) in [
        (None, 1005, "Client-side close frame status not set"),
        (Some(frame(1001, "")), 1001, ""),
        (Some(frame(1000, "bye")), 1000, "bye"),
        (Some(frame(4321, "own")), 4321, "own"),
    ] {
        let (mut client, id) = api.connect_with_id().await;
        within(client.close(sent)).await.unwrap();
        let event = api.event(EventKind::Disconnect).await;
        assert_eq!(event.connection_id(), id);
        assert_eq!(event.disconnect_code(), Some(code));
        assert_eq!(event.disconnect_reason(), Some(reason));
        while let Some(Ok(_)) = within(client.next()).await {}
    }
    api.shutdown().await;
}

#[tokio::test]
async fn the_disconnect_event_has_what_aws_sends() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let mut client = api.connect().await;
    let connect = json(api.event(EventKind::Connect).await.payload());
    within(client.close(None)).await.unwrap();
    let event = json(api.event(EventKind::Disconnect).await.payload());
    let host = api.address.to_string();
    let headers = serde_json::json!({
        "Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""
    });
    assert_eq!(event["headers"], headers);
    assert_eq!(event["multiValueHeaders"]["x-restapi"], json(r#"[""]"#));
    let (before, context) = (&connect["requestContext"], &event["requestContext"]);
    for same in ["connectionId", "connectedAt", "identity", "domainName", "stage", "apiId"] {
        assert_eq!(before[same], context[same], "{same}");
    }
    assert_ne!(before["requestId"], context["requestId"]);
    assert_eq!(context["routeKey"], "$disconnect");
    assert_eq!(context["eventType"], "DISCONNECT");
    assert!(event.get("body").is_none() && context.get("messageId").is_none());
}

#[tokio::test]
async fn a_lost_client_is_1006() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (client, id) = api.connect_with_id().await;
    drop(client);
    let event = api.event(EventKind::Disconnect).await;
    assert_eq!((event.connection_id(), event.disconnect_code()), (id.as_str(), Some(1006)));
    assert_eq!(api.manage("POST", &id, "x").await.status(), 410);
}

#[tokio::test]
async fn a_reset_client_is_1006() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (client, _) = api.connect_with_id().await;
    let MaybeTlsStream::Plain(socket) = client.get_ref() else { panic!("no TLS here") };
    socket.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(api.event(EventKind::Disconnect).await.disconnect_code(), Some(1006));
}

#[tokio::test]
async fn without_a_disconnect_route_nothing_is_invoked() {
    let api = TestGateway::with(Routes::default(), Limits::default(), |_| async { ok() }).await;
    let mut client = api.connect().await;
    within(client.close(None)).await.unwrap();
    while let Some(Ok(_)) = within(client.next()).await {}
    let mut events = std::mem::replace(&mut *api.events.lock().await, mpsc::unbounded_channel().1);
    api.shutdown().await;
    assert!(events.try_recv().is_err());
}

#[tokio::test]
async fn a_shutdown_closes_all_connections_and_waits_for_each_disconnect() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = ended.clone();
    let api = TestGateway::start(move |event| {
        let count = count.clone();
        async move {
            if event.kind() == EventKind::Disconnect {
                assert_eq!(event.disconnect_code(), Some(1001));
                assert_eq!(event.disconnect_reason(), Some("Going away"));
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
            ok()
        }
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(api.connect().await);
    }
    let closes = tokio::spawn(async move {
        for client in &mut clients {
            assert_eq!(closed(client).await, (1001, "Going away".to_owned()));
            while let Some(Ok(_)) = within(client.next()).await {}
        }
    });
    api.shutdown().await;
    assert_eq!(ended.load(Ordering::SeqCst), 20);
    within(closes).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_waits_for_invocations_within_its_limit() {
    let done = Arc::new(AtomicUsize::new(0));
    let (release, count) = (Arc::new(Notify::new()), done.clone());
    let open = release.clone();
    let api = TestGateway::start(move |event| {
        let (release, count) = (release.clone(), count.clone());
        async move {
            if event.kind() == EventKind::Message {
                release.notified().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
            ok()
        }
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    api.event(EventKind::Message).await;
    let address = api.address;
    let stopping = tokio::spawn(api.shutdown());
    assert_eq!(closed(&mut client).await.0, 1001);
    // New clients are refused while the management API still works.
    let (status, _) = refused(format!("ws://{address}/prod")).await;
    assert_eq!(status, 503);
    let gone = http(address, "GET", "/prod/@connections/R1kmxc2VNjMCFIA=", &[], "").await;
    assert_eq!(gone.status(), 410);
    drop(client);
    open.notify_one();
    within(stopping).await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);

    let limits = Limits { drain_timeout: Duration::from_millis(20), ..Limits::default() };
    let routes = Routes::default().with_route("$default", false);
    let api = TestGateway::with(routes, limits, |_| std::future::pending()).await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    api.event(EventKind::Message).await;
    api.shutdown().await;
}

#[tokio::test]
async fn a_binary_message_is_1003_and_a_too_large_one_is_1009() {
    let api = TestGateway::start(|event| async move {
        Ok(Reply::new(200).with_body(event.body().len().to_string()).encode().into())
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "x".repeat(32 * 1024)).await;
    assert_eq!(text(&mut client).await, "32768");

    let table = [
        (Message::binary(&b"x"[..]), CloseCode::Unsupported),
        (Message::text("x".repeat(32 * 1024 + 1)), CloseCode::Size),
        (Message::text("x".repeat(5_000_000)), CloseCode::Size),
    ];
    for (message, code) in table {
        let (mut client, _) = api.connect_with_id().await;
        // The gateway may close before it received all of a large message.
        let _ = within(client.send(message)).await;
        assert_eq!(closed(&mut client).await.0, u16::from(code));
        let event = api.event(EventKind::Disconnect).await;
        assert_eq!(event.disconnect_code(), Some(u16::from(code).into()));
    }
}

#[tokio::test]
async fn a_refused_client_has_no_disconnect_event() {
    let api = TestGateway::start(|_| async { Ok(Reply::new(401).encode().into()) }).await;
    assert_eq!(api.refused("/prod").await.0, 401);
    api.event(EventKind::Connect).await;
    let mut events = std::mem::replace(&mut *api.events.lock().await, mpsc::unbounded_channel().1);
    api.shutdown().await;
    assert!(events.try_recv().is_err());
}

//! The events that an observer gets, and the actions of a server handle.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use lift_event::Reply;
use lift_gateway::{
    FailureCause, GatewayEvent, GatewayEventKind, Guard, Id, LocalPages, MessageSource, Observer,
    PageBody, Routes, Server, ServerHandle, Settings,
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::api::{Client, http, routes, within};

struct Observed {
    address: SocketAddr,
    handle: ServerHandle,
    events: mpsc::UnboundedReceiver<GatewayEvent>,
    client: Client,
    id: Id,
}

async fn backend(payload: Bytes) -> Result<Bytes, lift_gateway::InvokeError> {
    let event = lift_event::Event::decode(payload).expect("an event");
    if event.text().is_some_and(|body| body.contains("fail")) {
        return Ok(Bytes::from_static(b"[]"));
    }
    let refuses = event.query().expect("a query").get("refuse").is_some();
    Ok(Reply::new(if refuses { 403 } else { 200 }).with_body("reply").encode().into())
}

/// A gateway with an observer and one client. The events of the client's handshake are already read.
async fn start() -> Observed {
    start_with(routes()).await
}

async fn start_with(routes: Routes) -> Observed {
    let (sender, mut events) = mpsc::unbounded_channel();
    let pages = LocalPages::new(Guard::tool_pages(), |request| async move {
        let peer = request.peer();
        let text = format!("{} {}", peer.ip(), request.into_request().uri().path());
        let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
        http::Response::new(PageBody::new(body))
    });
    let settings = Settings {
        routes,
        observer: Observer::new(move |event| drop(sender.send(event))),
        local_pages: Some(pages),
        ..Settings::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = Server::with_backend(listener, settings, backend).expect("a server");
    let handle = server.handle();
    tokio::spawn(server.run(std::future::pending()));
    let (client, _) =
        within(connect_async(format!("ws://{address}/local"))).await.expect("connected");
    let (id, invoked) = invoked(&mut events).await;
    assert_eq!(invoked, (Some("$connect".to_owned()), true));
    let GatewayEvent { connection, kind: GatewayEventKind::Opened(info), .. } =
        next(&mut events).await
    else {
        panic!("not opened");
    };
    assert_eq!((connection, info.id), (id, id));
    Observed { address, handle, events, client, id }
}

async fn next(events: &mut mpsc::UnboundedReceiver<GatewayEvent>) -> GatewayEvent {
    within(events.recv()).await.expect("the gateway runs")
}

/// Takes the events of an invocation and its reply. Returns the connection, the route, and whether it succeeded.
async fn invoked(
    events: &mut mpsc::UnboundedReceiver<GatewayEvent>,
) -> (Id, (Option<String>, bool)) {
    let GatewayEvent {
        connection,
        kind: GatewayEventKind::Invoked { invocation, route, payload },
        ..
    } = next(events).await
    else {
        panic!("not invoked");
    };
    let event = lift_event::Event::decode(payload).expect("an event");
    assert_eq!(event.connection_id(), connection.as_str());
    let GatewayEventKind::Answered { invocation: answered, result, .. } = next(events).await.kind
    else {
        panic!("no reply");
    };
    assert_eq!(answered, invocation);
    (connection, (route, result.is_ok()))
}

#[tokio::test]
async fn the_observer_gets_all_events_in_order() {
    let Observed { mut events, mut client, id, .. } = start().await;

    client.send(Message::text(r#"{"action":"two"}"#)).await.unwrap();
    assert!(
        matches!(next(&mut events).await.kind, GatewayEventKind::Received { data, binary: false } if data == r#"{"action":"two"}"#)
    );
    assert_eq!(invoked(&mut events).await, (id, (Some("two".to_owned()), true)));
    assert!(matches!(
        next(&mut events).await.kind,
        GatewayEventKind::Sent { data, source: MessageSource::Reply } if data == "reply"
    ));

    client.send(Message::text(r#"{"action":"one","x":"fail"}"#)).await.unwrap();
    assert!(matches!(next(&mut events).await.kind, GatewayEventKind::Received { .. }));
    assert_eq!(invoked(&mut events).await.1, (Some("one".to_owned()), true));
    assert!(matches!(
        next(&mut events).await.kind,
        GatewayEventKind::Failed { invocation: Some(_), cause: FailureCause::Reply { .. } }
    ));
    assert!(matches!(
        next(&mut events).await.kind,
        GatewayEventKind::Sent { source: MessageSource::Error, .. }
    ));

    client.send(Message::binary("x")).await.unwrap();
    assert!(matches!(
        next(&mut events).await.kind,
        GatewayEventKind::Received { binary: true, .. }
    ));
    assert!(matches!(next(&mut events).await.kind, GatewayEventKind::Closed { code: 1003, .. }));
    assert_eq!(invoked(&mut events).await.1, (Some("$disconnect".to_owned()), true));
}

#[tokio::test]
async fn the_observer_gets_refusals_and_disconnects() {
    let Observed { address, mut events, id, handle, client: _client } = start().await;

    within(connect_async(format!("ws://{address}/local?refuse"))).await.expect_err("refused");
    let (refused, _) = invoked(&mut events).await;
    assert_ne!(refused, id);
    let GatewayEventKind::Refused { client, status } = next(&mut events).await.kind else {
        panic!("accepted")
    };
    assert_eq!((client.id, status.as_u16()), (refused, 403));

    handle.disconnect(id).unwrap();
    assert!(matches!(next(&mut events).await.kind, GatewayEventKind::Closed { code: 1000, .. }));
    assert!(handle.disconnect(id).unwrap_err().is_gone());
}

#[tokio::test]
async fn the_observer_gets_the_cause_of_a_failed_message() {
    let keys = ["$connect", "say", "who"].into_iter();
    let routes = keys.fold(Routes::default(), |routes, key| routes.with_route(key, false));
    let Observed { mut events, mut client, .. } = start_with(routes).await;
    for (message, key) in [(r#"{"action":"sya"}"#, Some("sya")), ("hello", None)] {
        client.send(Message::text(message)).await.unwrap();
        assert!(matches!(next(&mut events).await.kind, GatewayEventKind::Received { .. }));
        let GatewayEventKind::Failed {
            invocation: None,
            cause: FailureCause::NoRoute { selected, routes },
        } = next(&mut events).await.kind
        else {
            panic!("not an unknown route");
        };
        assert_eq!(
            (selected.as_deref(), routes),
            (key, ["$connect", "say", "who"].map(Into::into).into())
        );
        assert!(matches!(
            next(&mut events).await.kind,
            GatewayEventKind::Sent { source: MessageSource::Error, .. }
        ));
    }
}

#[tokio::test]
async fn a_server_handle_acts_on_connections() {
    let Observed { handle, mut client, mut events, id, .. } = start().await;
    let [info] = &handle.connections()[..] else { panic!("not one connection") };
    assert_eq!((info.id, info.source_ip.is_loopback()), (id, true));

    handle.post(id, "posted".into()).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert_eq!(frame, Message::text("posted"));
    assert!(matches!(
        next(&mut events).await.kind,
        GatewayEventKind::Sent { source: MessageSource::Post, .. }
    ));

    handle.receive(id, r#"{"action":"two"}"#).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert_eq!(frame, Message::text("reply"));
    assert!(matches!(next(&mut events).await.kind, GatewayEventKind::Received { .. }));
    let GatewayEventKind::Invoked { payload, .. } = next(&mut events).await.kind else {
        panic!("not invoked")
    };

    let again = handle.invoke("two", payload).await.result.unwrap();
    assert_eq!(Reply::decode(&again).unwrap().into_body(), Some("reply".into()));

    handle.advance(id, Duration::from_secs(10 * 60)).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert!(matches!(frame, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));
    // The library replies to the close frame while the test reads.
    while within(client.next()).await.is_some() {}
    let gone = Id::parse(id.as_str()).unwrap();
    assert!(handle.post(gone, Bytes::new()).unwrap_err().is_gone());
    assert!(handle.connections().is_empty());
}

#[tokio::test]
async fn local_pages_get_every_path_below_their_prefix_and_nothing_else() {
    let Observed { address, .. } = start().await;
    let get = |path| http(address, "GET", path, &[], "");
    assert_eq!(get("/_lift").await.body(), "127.0.0.1 /_lift");
    assert_eq!(get("/_lift/a?b").await.body(), "127.0.0.1 /_lift/a");
    assert_eq!(get("/_lifted").await.status(), 404);
    assert_eq!(get("/local").await.status(), 426);
}

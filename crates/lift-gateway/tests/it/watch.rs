//! What who watches is told, and what a hand on the gateway can do.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use lift_event::Reply;
use lift_gateway::{
    Cause, Control, ControlError, Happening, Id, Origin, PageBody, Routes, Server, Settings, Site,
    Watch, What,
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::api::{Client, http, routes, within};

struct Watched {
    address: SocketAddr,
    control: Control,
    told: mpsc::UnboundedReceiver<Happening>,
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

/// A gateway that is watched, with a client on it; what was told of its handshake is read already.
async fn start() -> Watched {
    start_with(routes()).await
}

async fn start_with(routes: Routes) -> Watched {
    let (sender, mut told) = mpsc::unbounded_channel();
    let site = Site::new(|peer, request| async move {
        let text = format!("{} {}", peer.ip(), request.uri().path());
        let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
        http::Response::new(PageBody::new(body))
    });
    let settings = Settings {
        routes,
        watch: Watch::new(move |happening| drop(sender.send(happening))),
        site: Some(site),
        ..Settings::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = Server::with_backend(listener, settings, backend).expect("a server");
    let control = server.control();
    tokio::spawn(server.run(std::future::pending()));
    let (client, _) =
        within(connect_async(format!("ws://{address}/local"))).await.expect("connected");
    let (id, invoked) = invoked(&mut told).await;
    assert_eq!(invoked, (Some("$connect".to_owned()), true));
    let Happening { connection, what: What::Opened(info) } = next(&mut told).await else {
        panic!("not opened");
    };
    assert_eq!((connection, info.id), (id, id));
    Watched { address, control, told, client, id }
}

async fn next(told: &mut mpsc::UnboundedReceiver<Happening>) -> Happening {
    within(told.recv()).await.expect("the gateway is there")
}

/// An invocation and its answer: the connection, the route, whether it went well.
async fn invoked(told: &mut mpsc::UnboundedReceiver<Happening>) -> (Id, (Option<String>, bool)) {
    let Happening { connection, what: What::Invoked { invocation, route, payload } } =
        next(told).await
    else {
        panic!("not invoked");
    };
    let event = lift_event::Event::decode(payload).expect("an event");
    assert_eq!(event.connection_id(), connection.as_str());
    let What::Answered { invocation: answered, result, .. } = next(told).await.what else {
        panic!("not answered");
    };
    assert_eq!(answered, invocation);
    (connection, (route, result.is_ok()))
}

#[tokio::test]
async fn who_watches_is_told_everything_in_order() {
    let Watched { mut told, mut client, id, .. } = start().await;

    client.send(Message::text(r#"{"action":"two"}"#)).await.unwrap();
    assert!(
        matches!(next(&mut told).await.what, What::Received { data, binary: false } if data == r#"{"action":"two"}"#)
    );
    assert_eq!(invoked(&mut told).await, (id, (Some("two".to_owned()), true)));
    assert!(matches!(
        next(&mut told).await.what,
        What::Sent { data, origin: Origin::Reply } if data == "reply"
    ));

    client.send(Message::text(r#"{"action":"one","x":"fail"}"#)).await.unwrap();
    assert!(matches!(next(&mut told).await.what, What::Received { .. }));
    assert_eq!(invoked(&mut told).await.1, (Some("one".to_owned()), true));
    assert!(matches!(
        next(&mut told).await.what,
        What::Failed { invocation: Some(_), cause: Cause::Reply { .. } }
    ));
    assert!(matches!(next(&mut told).await.what, What::Sent { origin: Origin::Error, .. }));

    client.send(Message::binary("x")).await.unwrap();
    assert!(matches!(next(&mut told).await.what, What::Received { binary: true, .. }));
    assert!(matches!(next(&mut told).await.what, What::Closed { code: 1003, .. }));
    assert_eq!(invoked(&mut told).await.1, (Some("$disconnect".to_owned()), true));
}

#[tokio::test]
async fn a_refused_client_and_a_call_are_told() {
    let Watched { address, mut told, id, control, client: _client } = start().await;

    within(connect_async(format!("ws://{address}/local?refuse"))).await.expect_err("refused");
    let (refused, _) = invoked(&mut told).await;
    assert_ne!(refused, id);
    let What::Refused { client, status } = next(&mut told).await.what else { panic!("let in") };
    assert_eq!((client.id, status.as_u16()), (refused, 403));

    control.disconnect(id).unwrap();
    assert!(matches!(next(&mut told).await.what, What::Closed { code: 1000, .. }));
    assert_eq!(control.disconnect(id), Err(ControlError::Gone));
}

#[tokio::test]
async fn why_a_message_came_to_nobody_is_told() {
    let keys = ["$connect", "say", "who"].into_iter();
    let routes = keys.fold(Routes::default(), |routes, key| routes.with_route(key, false));
    let Watched { mut told, mut client, .. } = start_with(routes).await;
    for (message, key) in [(r#"{"action":"sya"}"#, Some("sya")), ("hello", None)] {
        client.send(Message::text(message)).await.unwrap();
        assert!(matches!(next(&mut told).await.what, What::Received { .. }));
        let What::Failed { invocation: None, cause: Cause::NoRoute { selected, routes } } =
            next(&mut told).await.what
        else {
            panic!("another cause");
        };
        assert_eq!(
            (selected.as_deref(), routes),
            (key, ["$connect", "say", "who"].map(Into::into).into())
        );
        assert!(matches!(next(&mut told).await.what, What::Sent { origin: Origin::Error, .. }));
    }
}

#[tokio::test]
async fn a_hand_on_the_gateway_acts_on_connections() {
    let Watched { control, mut client, mut told, id, .. } = start().await;
    let [info] = &control.connections()[..] else { panic!("not one connection") };
    assert_eq!((info.id, info.source_ip.is_loopback()), (id, true));

    control.post(id, "posted".into()).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert_eq!(frame, Message::text("posted"));
    assert!(matches!(next(&mut told).await.what, What::Sent { origin: Origin::Post, .. }));

    control.receive(id, r#"{"action":"two"}"#).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert_eq!(frame, Message::text("reply"));
    assert!(matches!(next(&mut told).await.what, What::Received { .. }));
    let What::Invoked { payload, .. } = next(&mut told).await.what else { panic!("not invoked") };

    let again = control.invoke("two", payload).await.unwrap();
    assert_eq!(Reply::decode(&again).unwrap().into_body(), Some("reply".into()));

    control.advance(id, Duration::from_secs(10 * 60)).unwrap();
    let frame = within(client.next()).await.unwrap().unwrap();
    assert!(matches!(frame, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));
    // The library answers the close while it is asked for more.
    while within(client.next()).await.is_some() {}
    let gone = Id::parse(id.as_str()).unwrap();
    assert_eq!(control.post(gone, Bytes::new()), Err(ControlError::Gone));
    assert!(control.connections().is_empty());
}

#[tokio::test]
async fn a_site_has_what_is_below_its_path_and_nothing_else() {
    let Watched { address, .. } = start().await;
    let get = |path| http(address, "GET", path, &[], "");
    assert_eq!(get("/_lift").await.body(), "127.0.0.1 /_lift");
    assert_eq!(get("/_lift/a?b").await.body(), "127.0.0.1 /_lift/a");
    assert_eq!(get("/_lifted").await.status(), 404);
    assert_eq!(get("/local").await.status(), 426);
}

//! A session over a pipe in memory, with a paused clock: hours pass at once.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{DuplexStream, duplex},
    task::JoinHandle,
    time::{Duration, advance},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::*;
use crate::{
    InvokeError, Routes, Settings, Undocumented, backend::Integration, connection::Client,
};

const REPLY: &[u8] = br#"{"statusCode":200,"body":"reply"}"#;

async fn open(
    limits: Limits,
) -> (Arc<Connection>, WebSocketStream<DuplexStream>, JoinHandle<CloseCause>) {
    open_with(Settings { limits, ..Settings::default() }).await
}

/// A connection that has no socket yet.
pub(super) fn connection(
    gateway: &Gateway,
) -> (Arc<Connection>, mpsc::UnboundedReceiver<OutboundMessage>) {
    let client = Client {
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        host: "h".to_owned(),
        granted: None,
    };
    let closing = gateway.closing.child_token();
    let (connection, outbox) = Connection::new(client, &gateway.settings, closing);
    (Arc::new(connection), outbox)
}

async fn open_with(
    settings: Settings,
) -> (Arc<Connection>, WebSocketStream<DuplexStream>, JoinHandle<CloseCause>) {
    let routes = Routes::default().with_route("$default", true);
    let settings = Settings { routes, ..settings };
    let backend = |_: Bytes| async { Ok::<_, InvokeError>(Bytes::from_static(REPLY)) };
    let gateway = Arc::new(Gateway::new(settings, Some(Integration::new(backend)), 0));
    let (connection, outbox) = connection(&gateway);
    let (near, far) = duplex(1024);
    let session = Session::new(near, Bytes::new(), connection.clone(), outbox, &gateway).await;
    let run = tokio::spawn(async move {
        let (closed, session) = session.run(&gateway).await;
        session.close().await;
        closed
    });
    // The session's clock starts when its task first runs.
    tokio::task::yield_now().await;
    let client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
    (connection, client, run)
}

async fn exchange(client: &mut WebSocketStream<DuplexStream>) {
    client.send(Message::text("x")).await.expect("sent");
    let reply = client.next().await.expect("open").expect("a frame");
    assert_eq!(reply, Message::text("reply"));
}

async fn going_away(client: &mut WebSocketStream<DuplexStream>, run: JoinHandle<CloseCause>) {
    let frame = client.next().await.expect("a frame").expect("a frame");
    assert!(matches!(frame, Message::Close(Some(frame)) if frame.code == CloseCode::Away));
    // The library answers the close while it is asked for more.
    while client.next().await.is_some() {}
    assert_eq!(run.await.expect("no panic"), CloseCause::new(1001, "Going away"));
}

#[tokio::test(start_paused = true)]
async fn idle_counts_from_the_last_message_in_either_direction() {
    let (connection, mut client, run) = open(Limits::default()).await;
    let nine = Duration::from_secs(9 * 60);
    advance(nine).await;
    exchange(&mut client).await;
    advance(nine).await;
    connection.post("from the function".into()).expect("open");
    assert!(client.next().await.is_some());
    advance(nine).await;
    exchange(&mut client).await;
    let start = Instant::now();
    going_away(&mut client, run).await;
    let idle = start.elapsed();
    assert!(idle >= Duration::from_secs(600) && idle < Duration::from_secs(601), "{idle:?}");
}

#[tokio::test(start_paused = true)]
async fn pings_do_not_keep_a_connection() {
    let (_, mut client, run) = open(Limits::default()).await;
    let start = Instant::now();
    for _ in 0..9 {
        advance(Duration::from_secs(60)).await;
        client.send(Message::Ping("p".into())).await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("frame"), Message::Pong("p".into()));
    }
    going_away(&mut client, run).await;
    assert!(start.elapsed() < Duration::from_secs(601));
}

#[tokio::test(start_paused = true)]
async fn pings_keep_a_connection_when_so_chosen() {
    let undocumented = Undocumented { pings_are_activity: true, ..Undocumented::default() };
    let (_, mut client, run) = open_with(Settings { undocumented, ..Settings::default() }).await;
    for _ in 0..2 {
        advance(Duration::from_secs(9 * 60)).await;
        client.send(Message::Ping("p".into())).await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("frame"), Message::Pong("p".into()));
    }
    let start = Instant::now();
    going_away(&mut client, run).await;
    assert!(start.elapsed() >= Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn no_connection_lives_longer_than_two_hours() {
    let (_, mut client, run) = open(Limits::default()).await;
    let start = Instant::now();
    for _ in 0..14 {
        advance(Duration::from_secs(8 * 60)).await;
        exchange(&mut client).await;
    }
    going_away(&mut client, run).await;
    let lived = start.elapsed();
    assert!(lived >= Duration::from_secs(7200) && lived < Duration::from_secs(7201), "{lived:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_the_close_is_left() {
    let (_, client, run) = open(Limits::default()).await;
    let start = Instant::now();
    run.await.expect("no panic");
    assert_eq!(start.elapsed().as_secs(), 600 + Limits::default().close_timeout.as_secs());
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_in_bytes() {
    let limits = Limits { buffered_bytes: 10_000, message_bytes: 5_000, ..Limits::default() };
    let (connection, _client, _run) = open(limits).await;
    let message = Bytes::from(vec![b'x'; 1_000]);
    let refused = (0..100).find_map(|_| connection.post(message.clone()).err());
    assert_eq!(refused, Some(crate::connection::PostError::Full));
}

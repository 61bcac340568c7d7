//! Limits that need raw frames, or clients that do not read.

use bytes::Bytes;
use futures_util::SinkExt;
use lift_event::{EventKind, Reply};
use lift_gateway::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Duration,
};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{
        Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use crate::api::*;

fn part(kind: Data, bytes: usize, last: bool) -> Message {
    Message::Frame(Frame::message(Bytes::from(vec![b'x'; bytes]), OpCode::Data(kind), last))
}

#[tokio::test]
async fn a_message_of_128_kb_in_four_frames_passes_and_one_byte_more_does_not() {
    let api = TestGateway::start(|event| async move {
        Ok(Reply::new(200).with_body(event.body().len().to_string()).encode().into())
    })
    .await;
    let mut client = api.connect().await;
    for rest in [0, 1] {
        within(client.send(part(Data::Text, 32 * 1024, false))).await.unwrap();
        for _ in 0..2 {
            within(client.send(part(Data::Continue, 32 * 1024, false))).await.unwrap();
        }
        within(client.send(part(Data::Continue, 32 * 1024, rest == 0))).await.unwrap();
        if rest == 0 {
            assert_eq!(text(&mut client).await, (128 * 1024).to_string());
        } else {
            within(client.send(part(Data::Continue, rest, true))).await.unwrap();
            assert_eq!(closed(&mut client).await.0, 1009);
        }
    }
}

#[tokio::test]
async fn protocol_errors_are_closed_with_their_code() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let table: &[(&str, Vec<u8>, u16)] = &[
        ("invalid UTF-8", vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
        ("reserved bit", vec![0xc1, 0x80, 0, 0, 0, 0], 1002),
        ("unmasked", vec![0x81, 0x01, b'x'], 1002),
        ("continuation of nothing", vec![0x80, 0x80, 0, 0, 0, 0], 1002),
        ("a length of 2^63-1", [vec![0x81, 0xff, 0x7f], vec![0xff; 7], vec![0; 4]].concat(), 1009),
    ];
    for (name, bytes, code) in table {
        let mut client = api.connect().await;
        client.get_mut().write_all(bytes).await.unwrap();
        assert_eq!(closed(&mut client).await.0, *code, "{name}");
        let event = api.event(EventKind::Disconnect).await;
        assert_eq!(event.disconnect_code(), Some((*code).into()), "{name}");
    }
}

#[tokio::test]
async fn an_idle_connection_and_an_old_one_are_1001() {
    let soon = Duration::from_millis(30);
    for limits in
        [Limits { idle: soon, ..Limits::default() }, Limits { lifetime: soon, ..Limits::default() }]
    {
        let api = TestGateway::with(routes(), limits, |_| async { ok() }).await;
        let mut client = api.connect().await;
        assert_eq!(closed(&mut client).await, (1001, "Going away".to_owned()));
        let event = api.event(EventKind::Disconnect).await;
        assert_eq!(event.disconnect_code(), Some(1001));
        assert_eq!(event.disconnect_reason(), Some("Going away"));
    }
}

#[tokio::test]
async fn a_slow_handshake_is_closed() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let api = TestGateway::with(routes(), limits, |_| async { ok() }).await;
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    socket.write_all(b"GET /prod HTTP/1.1\r\nho").await.unwrap();
    let mut rest = Vec::new();
    let _ = within(socket.read_to_end(&mut rest)).await;
    assert!(!rest.starts_with(b"HTTP/1.1 101"));
}

#[tokio::test]
async fn a_slow_body_is_408() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let api = TestGateway::with(routes(), limits, |_| async { ok() }).await;
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    let head =
        "POST /prod/@connections/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nx";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut response = String::new();
    within(socket.read_to_string(&mut response)).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
}

#[tokio::test]
async fn huge_request_headers_are_431() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    let head = format!("GET /prod HTTP/1.1\r\nhost: x\r\nx-big: {}\r\n\r\n", "x".repeat(64 * 1024));
    let _ = within(socket.write_all(head.as_bytes())).await;
    let mut response = [0; 12];
    within(socket.read_exact(&mut response)).await.unwrap();
    assert_eq!(&response, b"HTTP/1.1 431");
}

#[tokio::test]
async fn posts_to_a_client_that_does_not_read_get_429_and_affect_no_other_client() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (mut slow, id) = api.connect_with_id().await;
    let (mut quick, other) = api.connect_with_id().await;
    let mut posts = 0;
    let refusal = loop {
        let response = api.manage("POST", &id, vec![b'x'; 100_000]).await;
        if response.status() != 200 {
            break response;
        }
        posts += 1;
        assert!(posts < 1000, "the kernel's buffers are not this large");
    };
    assert_eq!(refusal.status(), 429);
    assert_eq!(header(&refusal, "x-amzn-errortype"), "LimitExceededException");
    let message = "The client is sending more than the allowed number of requests per unit of time or \
                 the WebSocket client side buffer is full.";
    assert_eq!(refusal.body(), &format!(r#"{{"message":"{message}"}}"#));
    assert_eq!(api.manage("POST", &other, "hello").await.status(), 200);
    assert_eq!(text(&mut quick).await, "hello");
    // When the client reads again, it receives all accepted posts, and new posts are accepted.
    for _ in 0..posts {
        assert_eq!(text(&mut slow).await.len(), 100_000);
    }
    assert_eq!(api.manage("POST", &id, "again").await.status(), 200);
    assert_eq!(text(&mut slow).await, "again");
}

#[tokio::test]
async fn a_long_post_goes_out_in_frames_of_32_kb() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let (mut client, id) = api.connect_with_id().await;
    assert_eq!(api.manage("POST", &id, vec![b'x'; 70_000]).await.status(), 200);
    let MaybeTlsStream::Plain(socket) = client.get_mut() else { panic!("no TLS here") };
    let mut frames = Vec::new();
    for _ in 0..3 {
        let mut head = [0; 4];
        within(socket.read_exact(&mut head)).await.unwrap();
        let length = u16::from_be_bytes([head[2], head[3]]);
        let mut data = vec![0; length.into()];
        within(socket.read_exact(&mut data)).await.unwrap();
        frames.push((head[0], head[1], length));
    }
    // A text frame without FIN, a continuation without FIN, and the last continuation.
    assert_eq!(frames, [(0x01, 126, 32_768), (0x00, 126, 32_768), (0x80, 126, 4_464)]);
}

//! Malicious handshakes: no byte of one becomes a line of the response, and nothing after an upgrade is read
//! as HTTP. Handshakes that are very large or very slow.

use fastrand::Rng;
use lift_event::{EventKind, Reply, wire::list_items};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::api::*;

const GOOD: [(&str, &str); 6] = [
    ("Host", "h"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "a, b"),
];

/// A request after the handshake. After a refusal it may get a response; after a 101 it is an invalid
/// frame.
const SMUGGLED: &[u8] = b"GET /smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// The headers that a response may have.
const RESPONSE_HEADERS: [&str; 8] = [
    "connection",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "content-type",
    "content-length",
    "x-amzn-errortype",
    "date",
];

const INJECTIONS: [&[u8]; 10] = [
    b"\r",
    b"\n",
    b"\0",
    b"\x80",
    b"\xff",
    b"\r\nInjected: 1",
    b"\nInjected: 1",
    b"\rInjected: 1",
    b"\r\n Injected: 1",
    b"%0d%0aInjected: 1",
];

/// A handshake with one random defect.
fn random_head(rng: &mut Rng) -> Vec<u8> {
    let mut path = b"/prod".to_vec();
    let mut lines = GOOD.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
    let injection = *rng.choice(&INJECTIONS).unwrap();
    let line = rng.usize(0..lines.len());
    let splice =
        |bytes: &mut Vec<u8>, at: usize| drop(bytes.splice(at..at, injection.iter().copied()));
    match rng.u8(0..6) {
        0 => lines.push(lines[line].clone()),
        1 => {
            let value = rng.choice(["h2c", "evil", "", "0"]).unwrap().as_bytes().to_vec();
            lines.push((lines[line].0.clone(), value));
        }
        2 => splice(&mut path, 5),
        3 => {
            path.extend(b"?q=");
            path.extend(injection);
        }
        4 => {
            for (name, value) in [("Content-Length", "5"), ("Transfer-Encoding", "chunked")] {
                if rng.bool() {
                    lines.push((name.to_owned(), value.into()));
                }
            }
            lines.push(("X".to_owned(), injection.to_vec()));
        }
        _ => {
            let value = &mut lines[line].1;
            let at = rng.usize(0..=value.len());
            splice(value, at);
        }
    }
    rng.shuffle(&mut lines);
    let mut head = [b"GET ", &*path, b" HTTP/1.1\r\n"].concat();
    for (name, value) in lines {
        head.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}

async fn exchange(api: &TestGateway, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    // The gateway may respond and close before all bytes are sent.
    let _ = within(socket.write_all(bytes)).await;
    let _ = socket.shutdown().await;
    let mut response = Vec::new();
    let _ = within(socket.read_to_end(&mut response)).await;
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn no_bytes_of_a_handshake_are_injected_into_the_response() {
    // A function that trusts the client: it chooses the last offered subprotocol.
    let api = TestGateway::start(|event| async move {
        if event.kind() != EventKind::Connect {
            return ok();
        }
        let headers = event.headers().unwrap();
        let offered = headers.get("Sec-WebSocket-Protocol").unwrap_or_default();
        let chosen = list_items([offered]).last().unwrap_or_default();
        Ok(Reply::new(200).with_subprotocol(chosen).encode().into())
    })
    .await;
    let mut rng = Rng::with_seed(13);
    let mut upgraded = 0;
    for case in 0..300 {
        let head = random_head(&mut rng);
        let printed = String::from_utf8_lossy(&head).into_owned();
        let response = exchange(&api, &[&head, SMUGGLED].concat()).await;
        let (first, rest) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
        let mut lines = first.split("\r\n");
        let status = lines.next().unwrap();
        assert!(
            status.starts_with("HTTP/1.1 ") || response.is_empty(),
            "{case}: {printed}\n{response}"
        );
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            assert!(RESPONSE_HEADERS.contains(&name), "{case}: {printed}\n{response}");
            assert!(!value.contains(['\r', '\n', '\0']), "{case}: {printed}\n{response}");
        }
        if status.starts_with("HTTP/1.1 101 ") {
            upgraded += 1;
            assert!(!rest.contains("HTTP/"), "{case}: {printed}\n{response}");
        }
    }
    assert!((50..250).contains(&upgraded), "{upgraded} of 300 were upgraded");
}

#[tokio::test]
async fn huge_headers_are_431() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let large = format!("GET /prod HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1024 * 1024));
    let many = format!("GET /prod HTTP/1.1\r\n{}\r\n", "X: 1\r\n".repeat(10_000));
    for head in [large, many] {
        let mut socket = TcpStream::connect(api.address).await.unwrap();
        let _ = within(socket.write_all(head.as_bytes())).await;
        let mut response = [0; 13];
        within(socket.read_exact(&mut response)).await.unwrap();
        assert_eq!(&response, b"HTTP/1.1 431 ");
    }
}

#[tokio::test]
async fn a_request_in_single_bytes_is_accepted() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let mut socket = TcpStream::connect(api.address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let lines = GOOD.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    for byte in format!("GET /prod HTTP/1.1\r\n{lines}\r\n").bytes() {
        socket.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut response = [0; 13];
    within(socket.read_exact(&mut response)).await.unwrap();
    assert_eq!(&response, b"HTTP/1.1 101 ");
}

//! A gateway for the fuzz targets, with real sockets on the target's own thread, so that coverage belongs to one
//! input. A separate parser checks its responses.

use std::{
    net::SocketAddr,
    str::from_utf8,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use bytes::Bytes;
use lift_event::{Event, EventKind, Reply};
use lift_gateway::{InvokeError, Routes, Settings, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    time::timeout,
};

/// A valid handshake.
pub const HANDSHAKE: &[u8] = b"GET /prod HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The names of all headers that the gateway sends.
const RESPONSE_HEADERS: [&str; 10] = [
    "connection",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "content-type",
    "content-length",
    "transfer-encoding",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "date",
];

/// If an exchange takes longer, the gateway hangs.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The connection that opened last.
static LAST_CONNECTION: Mutex<String> = Mutex::new(String::new());

pub static GATEWAY: LazyLock<Gateway> = LazyLock::new(Gateway::start);

pub struct Gateway {
    runtime: Runtime,
    address: SocketAddr,
}

impl Gateway {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes =
            Routes::default().with_route("$connect", false).with_route("$disconnect", false);
        let routes = routes.with_route("$default", true).with_route("one", false);
        let settings = Settings { stage: "prod".into(), routes, ..Settings::default() };
        runtime.spawn(serve(listener, settings, function, std::future::pending()));
        Self { runtime, address }
    }

    /// Sends bytes, closes the sending side, and returns all received bytes.
    pub fn exchange(&self, parts: &[&[u8]]) -> Vec<u8> {
        let exchange = async {
            let socket = TcpStream::connect(self.address).await.expect("a connection");
            // Without TIME_WAIT, so that free ports do not run out.
            socket.set_zero_linger().expect("a socket");
            let (mut reads, mut writes) = socket.into_split();
            let mut response = Vec::new();
            let sending = async {
                for part in parts {
                    // The gateway may close before all bytes are sent.
                    let _ = writes.write_all(part).await;
                }
                let _ = writes.shutdown().await;
                writes
            };
            // After a reset, `response` keeps the bytes that were read before.
            let _ = tokio::join!(reads.read_to_end(&mut response), sending);
            response
        };
        self.runtime
            .block_on(async { timeout(TIMEOUT, exchange).await })
            .expect("the gateway hangs")
    }

    /// Opens a connection that stays open and discards what it receives. Returns its id.
    pub fn open(&self) -> String {
        self.runtime.block_on(async {
            let mut socket = TcpStream::connect(self.address).await.expect("a connection");
            socket.write_all(HANDSHAKE).await.expect("sent");
            let mut response = [0; 1024];
            let read = socket.read(&mut response).await.expect("a response");
            assert!(response[..read].starts_with(b"HTTP/1.1 101 "));
            tokio::spawn(
                async move { while matches!(socket.read(&mut response).await, Ok(1..)) {} },
            );
        });
        LAST_CONNECTION.lock().expect("no panic").clone()
    }
}

async fn function(payload: Bytes) -> Result<Bytes, InvokeError> {
    let event = Event::decode(payload).expect("the gateway's own event");
    let reply = match event.kind() {
        EventKind::Connect => {
            *LAST_CONNECTION.lock().expect("no panic") = event.connection_id().to_owned();
            // Trusts the client: it accepts any offered subprotocol.
            let headers = event.headers().expect("headers");
            Reply::new(200)
                .with_subprotocol(headers.get("Sec-WebSocket-Protocol").unwrap_or_default())
        }
        EventKind::Message => Reply::new(200).with_body(event.body().to_vec()),
        EventKind::Disconnect => Reply::new(200),
    };
    Ok(reply.encode().into())
}

/// Checks a sequence of HTTP responses, and the frames after an upgrade. Returns the statuses.
pub fn check(mut response: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while !response.is_empty() {
        let end = response.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let (head, rest) = (&response[..end], &response[end + 4..]);
        let mut lines = from_utf8(head).expect("ASCII").split("\r\n");
        let first = lines.next().expect("a status line");
        assert!(first.starts_with("HTTP/1."), "{first:?}");
        let status = first[9..12].parse().expect("a status");
        statuses.push(status);
        let mut length = 0;
        for line in lines {
            let (name, value) = line.split_once(':').expect("a header");
            assert!(RESPONSE_HEADERS.contains(&name), "{name:?}");
            assert!(!value.contains(char::is_control), "{line:?}");
            if name == "content-length" {
                length = value.trim().parse().expect("a length");
            }
        }
        if status == 101 {
            frames(rest);
            return statuses;
        }
        // The response to HEAD has a length and no body.
        let bodiless = rest.is_empty() || rest.starts_with(b"HTTP/1.");
        response = if bodiless { rest } else { rest.get(length..).expect("a whole body") };
    }
    statuses
}

/// Checks frames of a server (RFC 6455, section 5).
fn frames(mut bytes: &[u8]) {
    let mut text: Option<Vec<u8>> = None;
    while let [first, second, rest @ ..] = bytes {
        let (last, kind) = (first & 0x80 != 0, first & 0x0f);
        assert_eq!((first & 0x70, second & 0x80), (0, 0), "a reserved bit or a mask");
        let (length, rest) = match second {
            126 => (u16::from_be_bytes([rest[0], rest[1]]).into(), &rest[2..]),
            127 => panic!("a frame is longer than 32 KB"),
            short => (usize::from(*short), rest),
        };
        let (data, rest) = rest.split_at_checked(length).expect("a whole frame");
        assert!(kind < 8 || (last && length <= 125), "an invalid control frame");
        match (kind, &mut text) {
            (0, Some(text)) => text.extend(data),
            (1, None) => text = Some(data.to_vec()),
            (9 | 10, _) => {}
            (8, _) => {
                if let [high, low, reason @ ..] = data {
                    let code = u16::from_be_bytes([*high, *low]);
                    assert!(matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "{code}");
                    from_utf8(reason).expect("a reason in UTF-8");
                }
                assert!(data.len() != 1 && rest.is_empty(), "bytes after the close frame");
            }
            _ => panic!("an unexpected frame of kind {kind}"),
        }
        if last && kind < 8 {
            from_utf8(&text.take().expect("a message")).expect("text in UTF-8");
        }
        bytes = rest;
    }
    assert!(bytes.is_empty() && text.is_none(), "an incomplete frame or message");
}

//! The inspector on a real gateway: HTTP requests in; checks responses, the events of the function and the frames of clients.

#![allow(clippy::unwrap_used, missing_docs)]

mod stored;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use lift_gateway::{InvokeError, Observer, Routes, Server, Settings};
use lift_inspector::{Attached, Inspector};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

const TIMEOUT: Duration = Duration::from_secs(20);

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A gateway with an inspector, and the events that its function got.
struct TestInspector {
    address: SocketAddr,
    inspector: Inspector,
    events: Arc<Mutex<Vec<Bytes>>>,
}

impl TestInspector {
    async fn start() -> Self {
        Self::start_with(|attached| attached).await
    }

    /// With what `change` makes of an app that stores nothing.
    async fn start_with(change: impl FnOnce(Attached) -> Attached) -> Self {
        let inspector = Inspector::new("app".to_owned(), ["the-token".to_owned()]);
        let events: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let (got, seen) = (events.clone(), inspector.clone());
        let function = move |event: Bytes| {
            got.lock().unwrap().push(event);
            async { Ok::<_, InvokeError>(Bytes::from_static(br#"{"statusCode":200,"body":"ok"}"#)) }
        };
        let settings = Settings {
            stage: "local".to_owned(),
            routes: Routes::default().with_route("$connect", false).with_route("$default", false),
            observer: Observer::new(move |event| seen.event(SystemTime::now(), &event)),
            local_pages: Some(inspector.local_pages()),
            ..Settings::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::with_backend(listener, settings, function).unwrap();
        inspector.attach(change(Attached::new(server.handle(), "local".to_owned())));
        tokio::spawn(server.run(std::future::pending()));
        Self { address, inspector, events }
    }

    async fn connect(&self, query: &str) -> Client {
        let url = format!("ws://{}/local{query}", self.address);
        timeout(TIMEOUT, connect_async(url)).await.unwrap().unwrap().0
    }

    /// The status and the body of an answer.
    async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (head, body) = self.raw(method, path, &body.to_string()).await;
        let status = head[9..12].parse().unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    async fn raw(&self, method: &str, path: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (host, length) = (self.address, body.len());
        let request = format!(
            "{method} /_lift{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(TIMEOUT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// The id of the only connection.
    async fn id(&self) -> String {
        let (_, list) = self.call("GET", "/connections", &Value::Null).await;
        list["connections"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn operate(&self, id: &str, what: &str, body: Value) -> u16 {
        self.call("POST", &format!("/connections/{}/{what}", id.replace('=', "%3D")), &body).await.0
    }
}

async fn next(client: &mut Client) -> Message {
    timeout(TIMEOUT, client.next()).await.unwrap().unwrap().unwrap()
}

/// The feed from `after` on: its messages' data.
struct Feed(BufReader<TcpStream>);

impl Feed {
    async fn open(inspector: &TestInspector, after: u64) -> Self {
        let mut stream = TcpStream::connect(inspector.address).await.unwrap();
        let host = inspector.address;
        let request = format!(
            "GET /_lift/feed?after={after} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// The next line of data, or `None` when the feed has ended.
    async fn data(&mut self) -> Option<Value> {
        use tokio::io::AsyncBufReadExt as _;
        loop {
            let mut line = String::new();
            if timeout(TIMEOUT, self.0.read_line(&mut line)).await.unwrap().unwrap() == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// Reads until `count` entries have come.
    async fn entries(&mut self, count: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < count {
            let data = self.data().await.unwrap();
            all.extend(data["entries"].as_array().into_iter().flatten().cloned());
        }
        all
    }
}

#[tokio::test]
async fn the_feed_has_all_events_without_secrets() {
    let inspector = TestInspector::start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    let mut client = inspector.connect("?name=ana&ticket=s3cr3t").await;
    client.send(Message::text(r#"{"password":"s3cr3t","x":"the-token"}"#)).await.unwrap();
    let entries = feed.entries(6).await;
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["event", "reply", "open", "in", "event", "reply"]);
    let text = Value::from(entries.clone()).to_string();
    assert!(!text.contains("s3cr3t") && !text.contains("the-token"), "{text}");
    assert_eq!(entries[0]["summary"], "?name=ana&ticket=•••");
    assert_eq!(entries[0]["route"], "$connect");
    assert_eq!((&entries[1]["code"], &entries[1]["event"]), (&json!(200), &json!(0)));
    assert!(entries[1]["took"].as_f64().unwrap() >= 0.0);
    let (status, whole) = inspector.call("GET", "/entries/0", &Value::Null).await;
    assert_eq!((status, &whole["kind"], &whole["cut"]), (200, &json!("event"), &json!(false)));
    assert!(!whole.to_string().contains("s3cr3t"));
    assert_eq!(inspector.call("GET", "/entries/99", &Value::Null).await.0, 410);
}

#[tokio::test]
async fn a_slow_page_gets_the_number_of_missed_entries() {
    let inspector = TestInspector::start().await;
    for n in 0..11_000 {
        inspector.inspector.log_line(SystemTime::now(), 1, None, &n.to_string());
    }
    let mut feed = Feed::open(&inspector, 0).await;
    feed.data().await.unwrap();
    let batch = feed.data().await.unwrap();
    assert_eq!((&batch["missed"], &batch["entries"][0]["text"]), (&json!(1000), &json!("1000")));
    assert_eq!(batch["entries"].as_array().unwrap().len(), 500);
}

#[tokio::test]
async fn a_long_payload_is_cut_in_the_feed_and_whole_on_request() {
    let inspector = TestInspector::start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    let mut client = inspector.connect("").await;
    feed.entries(3).await;
    let long = "é".repeat(10_000);
    client.send(Message::text(long.clone())).await.unwrap();
    let entries = feed.entries(1).await;
    assert_eq!((&entries[0]["cut"], &entries[0]["bytes"]), (&json!(true), &json!(20_000)));
    assert_eq!(entries[0]["text"].as_str().unwrap().len(), 2048);
    let (_, whole) = inspector.call("GET", "/entries/3", &Value::Null).await;
    assert_eq!(whole["text"], long);
}

#[tokio::test]
async fn operations_reach_the_function_and_the_client() {
    let inspector = TestInspector::start().await;
    let mut client = inspector.connect("").await;
    let id = inspector.id().await;
    assert_eq!(inspector.operate(&id, "post", json!({ "text": "posted" })).await, 204);
    assert_eq!(next(&mut client).await, Message::text("posted"));
    let mut feed = Feed::open(&inspector, 0).await;
    feed.entries(4).await;
    assert_eq!(inspector.operate(&id, "send", json!({ "text": "sent" })).await, 204);
    feed.entries(3).await;
    let event = inspector.events.lock().unwrap()[1].clone();
    assert_eq!(serde_json::from_slice::<Value>(&event).unwrap()["body"], "sent");
    let long = "x".repeat(128 * 1024 + 1);
    assert_eq!(inspector.operate(&id, "send", json!({ "text": long })).await, 413);
    assert_eq!(inspector.operate(&id, "post", json!({})).await, 422);

    assert_eq!(inspector.operate(&id, "advance", json!({ "seconds": 599 })).await, 204);
    assert_eq!(inspector.operate(&id, "advance", json!({ "seconds": 1 })).await, 204);
    let Message::Close(Some(close)) = next(&mut client).await else { panic!("not closed") };
    assert_eq!(u16::from(close.code), 1001);
    while timeout(TIMEOUT, client.next()).await.unwrap().is_some() {}
    for what in ["post", "send"] {
        assert_eq!(inspector.operate(&id, what, json!({ "text": "" })).await, 410);
    }
    assert_eq!(inspector.operate(&id, "disconnect", json!({})).await, 410);
    assert_eq!(inspector.operate("unknown", "disconnect", json!({})).await, 404);

    let mut client = inspector.connect("").await;
    let id = inspector.id().await;
    assert_eq!(inspector.operate(&id, "disconnect", json!({})).await, 204);
    assert!(matches!(next(&mut client).await, Message::Close(Some(_))));
}

#[tokio::test]
async fn a_replay_restores_masked_secrets() {
    let inspector = TestInspector::start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    let _client = inspector.connect("?name=ana&ticket=s3cr3t").await;
    feed.entries(3).await;
    let (status, reply) = inspector.call("POST", "/replay", &json!({ "entry": 0 })).await;
    assert_eq!(
        (status, &reply["reply"]["kind"], &reply["reply"]["code"]),
        (200, &json!("reply"), &json!(200))
    );
    let (_, shown) = inspector.call("GET", "/entries/0", &Value::Null).await;
    let edited = shown["text"].as_str().unwrap().replace("ana", "bob");
    let request = json!({ "entry": 0, "event": edited });
    assert_eq!(inspector.call("POST", "/replay", &request).await.0, 200);
    {
        let events = inspector.events.lock().unwrap();
        assert_eq!(events[0], events[1]);
        let edited: Value = serde_json::from_slice(&events[2]).unwrap();
        assert_eq!(edited["queryStringParameters"], json!({ "name": "bob", "ticket": "s3cr3t" }));
    }
    let entries = feed.entries(4).await;
    assert_eq!((&entries[0]["note"], &entries[1]["event"]), (&json!("replayed"), &json!(3)));
    let not_json = json!({ "entry": 0, "event": "{" });
    assert_eq!(inspector.call("POST", "/replay", &not_json).await.0, 400);
    assert_eq!(inspector.call("POST", "/replay", &json!({ "entry": 1 })).await.0, 400);
    assert_eq!(inspector.call("POST", "/replay", &json!({ "entry": 99 })).await.0, 410);
}

#[tokio::test]
async fn the_feed_ends_with_the_program_and_files_have_their_types() {
    let inspector = TestInspector::start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    assert_eq!(feed.data().await.unwrap()["app"], "app");
    inspector.inspector.stop();
    assert_eq!(feed.data().await, None);
    for (path, kind) in [
        ("", "text/html"),
        ("/page/main.js", "text/javascript"),
        ("/page/page.css", "text/css"),
        ("/page/icon.svg", "image/svg+xml"),
    ] {
        let (head, _) = inspector.raw("GET", path, "").await;
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains(kind), "{path}: {head}");
    }
    assert_eq!(inspector.raw("GET", "/page/../lib.rs", "").await.0[9..12], *"404");
}

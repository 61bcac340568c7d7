//! Faults of `@connections`, with Lift's client and the real gateway.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt;
use lift_aws::{AwsConfig, ManagementApi};
use lift_faults::{Faults, HostNames, HttpUpstream, Link, Proxy};
use lift_gateway::{InvokeError, Routes, Settings, serve};
use lift_ws::{
    ConnectionId,
    push::{Endpoint, Push, PushError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct TestGateway {
    faults: Faults,
    api: Arc<ManagementApi>,
    endpoint: Endpoint,
    id: ConnectionId,
    socket: Socket,
    _proxy: Proxy,
    _stop: oneshot::Sender<()>,
}

impl TestGateway {
    /// A gateway with one client, and a link to it that injects faults.
    async fn start(plan: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (ids, mut connected) = tokio::sync::mpsc::unbounded_channel();
        let backend = move |event: Bytes| {
            let _ = ids.send(id_of(&event));
            async { Ok::<_, InvokeError>(Bytes::from_static(br#"{"statusCode":200}"#)) }
        };
        let settings = Settings {
            stage: "local".into(),
            routes: Routes::default().with_route("$connect", false),
            ..Settings::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, settings, backend, async {
            let _ = stopped.await;
        }));
        let (socket, _) = connect_async(format!("ws://{address}/local")).await.expect("accepted");
        let id = connected.recv().await.expect("a $connect");

        let faults = Faults::new(plan.parse().expect("a plan"));
        let upstream = HttpUpstream::new(address.to_string()).expect("an address");
        let proxy = Proxy::start(Link::connections(&faults, upstream), HostNames::default())
            .await
            .expect("a port");
        let config = AwsConfig::local("http://127.0.0.1:9", "eu-west-1");
        let api = ManagementApi::new(&config).expect("a client");
        let api = Arc::new(api.with_allowed(&proxy.url()));
        let endpoint = Endpoint::from(format!("{}/local", proxy.url()));
        Self { faults, api, endpoint, id, socket, _proxy: proxy, _stop: stop }
    }

    async fn post(&self, text: &'static str) -> Result<(), PushError> {
        self.api.post(&self.endpoint, &self.id, Bytes::from(text)).await
    }

    async fn received(&mut self) -> String {
        let frame = timeout(Duration::from_secs(10), self.socket.next()).await;
        frame.expect("within 10 seconds").expect("open").expect("a frame").to_string()
    }
}

fn id_of(event: &[u8]) -> ConnectionId {
    let event: serde_json::Value = serde_json::from_slice(event).expect("JSON");
    event["requestContext"]["connectionId"].as_str().expect("an id").into()
}

#[tokio::test]
async fn errors_are_those_of_aws() {
    let mut gateway = TestGateway::start(
        "[[fault]]\napi = 'connections'\nkind = 'throttle'\nnth = 1
         [[fault]]\napi = 'connections'\nkind = 'error'\nstatus = 410\nnth = 2
         [[fault]]\napi = 'connections'\nkind = 'error'\nstatus = 403\nnth = 3
         [[fault]]\napi = 'connections'\nkind = 'error'\nnth = 4",
    )
    .await;
    assert!(gateway.post("a").await.expect_err("429").is_throttled());
    assert!(gateway.post("b").await.expect_err("410").is_gone());
    assert!(gateway.post("c").await.expect_err("403").is_forbidden());
    let error = gateway.post("d").await.expect_err("500");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("500") && cause.contains("InternalServerErrorException"), "{cause}");
    gateway.post("e").await.expect("the fifth");
    assert_eq!(gateway.received().await, "e", "no other message arrived");
    let first = gateway.faults.report().faults().next().cloned().expect("a fault");
    assert_eq!(first.subject.as_deref(), Some(gateway.id.as_str()));
}

/// Lift's client retries once if a connection breaks before the response.
#[tokio::test]
async fn after_a_lost_response_the_message_has_arrived() {
    let mut gateway = TestGateway::start(
        "[[fault]]\napi = 'connections'\nkind = 'reset'\nlost = 'request'\nnth = [1, 4, 5]
         [[fault]]\napi = 'connections'\nkind = 'reset'\nlost = 'answer'\nnth = 2",
    )
    .await;
    gateway.post("arrived").await.expect_err("reset, and its response lost");
    assert_eq!(gateway.received().await, "arrived");
    gateway.post("passes").await.expect("the third");
    assert_eq!(gateway.received().await, "passes");
    gateway.post("lost").await.expect_err("reset twice");
}

#[tokio::test]
async fn a_duplicate_arrives_twice() {
    let mut gateway = TestGateway::start(
        "[[fault]]\napi = 'connections'\noperation = 'post'\nkind = 'duplicate'\nms = 20\nnth = 1",
    )
    .await;
    gateway.post("once").await.expect("posted");
    assert_eq!([gateway.received().await, gateway.received().await], ["once", "once"]);
}

#[tokio::test]
async fn a_reordered_post_arrives_after_the_next() {
    let mut gateway =
        TestGateway::start("[[fault]]\napi = 'connections'\nkind = 'reorder'\nms = 5000\nnth = 1")
            .await;
    let (api, endpoint, id) = (gateway.api.clone(), gateway.endpoint.clone(), gateway.id.clone());
    let held = tokio::spawn(async move { api.post(&endpoint, &id, Bytes::from("first")).await });
    while gateway.faults.report().total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    gateway.post("second").await.expect("passes");
    held.await.expect("no panic").expect("posted later");
    assert_eq!([gateway.received().await, gateway.received().await], ["second", "first"]);
}

#[tokio::test]
async fn a_hanging_post_lasts_until_the_clients_timeout() {
    let mut gateway = TestGateway::start(
        "[[fault]]\napi = 'connections'\nkind = 'hang'\nlost = 'answer'\nnth = 1
         [[fault]]\napi = 'connections'\nkind = 'delay'\nms = 50\nnth = 2",
    )
    .await;
    let hung = timeout(Duration::from_millis(200), gateway.post("hung"));
    hung.await.expect_err("no response");
    assert_eq!(gateway.received().await, "hung");
    let start = std::time::Instant::now();
    gateway.post("late").await.expect("posted");
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(gateway.received().await, "late");
}

#[tokio::test]
async fn faults_of_one_connection_affect_every_post_to_it() {
    let plan = |id: &str| {
        format!("[[fault]]\napi = 'connections'\nconnection = '{id}'\nkind = 'throttle'")
    };
    let gateway = TestGateway::start(&plan("another-id=")).await;
    gateway.post("hello").await.expect("not affected");
    let gateway = TestGateway::start(&plan("*")).await;
    for _ in 0..3 {
        assert!(gateway.post("hello").await.expect_err("429").is_throttled());
    }
}

//! Starts a gateway for a test, with functions for its clients.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, future::BoxFuture};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use lift_event::{Event, EventKind, Reply};
use lift_gateway::{Backend, InvokeError, Limits, Routes, Server, ServerHandle, Settings};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async, connect_async_with_config,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::CloseFrame},
};

pub(crate) type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;
pub(crate) type BackendResult = Result<Bytes, InvokeError>;

/// Awaits `future`, and panics after 10 seconds: no step of a test takes that long.
pub(crate) fn within<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    // A client's handshake is a large future, which need not be part of each test.
    let boxed = Box::pin(future);
    async { timeout(Duration::from_secs(10), boxed).await.expect("within 10 seconds") }
}

/// A running gateway.
pub(crate) struct TestGateway {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle,
    pub(crate) events: Mutex<mpsc::UnboundedReceiver<Event>>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

pub(crate) fn ok() -> BackendResult {
    Ok(Reply::new(200).encode().into())
}

pub(crate) fn failure() -> BackendResult {
    Err(InvokeError::function("Oops", "secret"))
}

/// All three predefined routes, the one-way route `one` and the two-way route `two`.
pub(crate) fn routes() -> Routes {
    let fixed = Routes::default().with_route("$connect", false).with_route("$disconnect", false);
    fixed.with_route("$default", true).with_route("one", false).with_route("two", true)
}

impl TestGateway {
    pub(crate) async fn start<F>(function: impl Fn(Event) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = BackendResult> + Send + 'static,
    {
        Self::with(routes(), Limits::default(), function).await
    }

    pub(crate) async fn with<F>(
        routes: Routes,
        limits: Limits,
        function: impl Fn(Event) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = BackendResult> + Send + 'static,
    {
        let (stage, api_id) = ("prod".to_owned(), "abc123".to_owned());
        Self::settings(Settings { stage, api_id, routes, limits, ..Settings::default() }, function)
            .await
    }

    pub(crate) async fn settings<F>(
        settings: Settings,
        function: impl Fn(Event) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = BackendResult> + Send + 'static,
    {
        let (seen, events) = mpsc::unbounded_channel();
        let function = Arc::new(function);
        let backend = move |payload: Bytes| -> BoxFuture<'static, BackendResult> {
            let event = Event::decode(payload).expect("an event");
            let _ = seen.send(event.clone());
            Box::pin(function(event))
        };
        Self::raw(settings, events, backend).await
    }

    /// Starts a gateway whose function takes bytes, returns bytes, and reports its events itself.
    pub(crate) async fn raw(
        settings: Settings,
        events: mpsc::UnboundedReceiver<Event>,
        backend: impl Backend,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            // A test that ends without a shutdown drops the sender.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let server = Server::with_backend(listener, settings, backend).unwrap();
        let handle = server.handle();
        let served = tokio::spawn(server.run(shutdown));
        Self { address, handle, events: Mutex::new(events), stop: Some(stop), served }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/prod", self.address)
    }

    pub(crate) async fn connect(&self) -> Client {
        // Without Nagle's algorithm, so that a second message does not wait for an acknowledgement.
        let connecting = connect_async_with_config(self.url(), None, true);
        within(connecting).await.expect("a connection").0
    }

    /// Connects a client, takes the `$connect` event, and returns the connection's id.
    pub(crate) async fn connect_with_id(&self) -> (Client, String) {
        let client = self.connect().await;
        let event = self.event(EventKind::Connect).await;
        (client, event.connection_id().to_owned())
    }

    /// Returns the status and body of a refused handshake.
    pub(crate) async fn refused(&self, path: &str) -> (u16, String) {
        refused(format!("ws://{}{path}", self.address)).await
    }

    /// Returns the next event of a kind, and skips events of other kinds.
    pub(crate) async fn event(&self, kind: EventKind) -> Event {
        let mut events = self.events.lock().await;
        within(async {
            loop {
                let event = events.recv().await.expect("an event");
                if event.kind() == kind {
                    return event;
                }
            }
        })
        .await
    }

    pub(crate) async fn shutdown(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        within(&mut self.served).await.unwrap().unwrap();
    }

    pub(crate) async fn manage(
        &self,
        method: &str,
        id: &str,
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        self.http(method, &format!("/prod/@connections/{id}"), body).await
    }

    pub(crate) async fn http(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        http(self.address, method, path, &[], body).await
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.served.abort();
    }
}

pub(crate) async fn refused(request: impl IntoClientRequest + Unpin) -> (u16, String) {
    match within(connect_async(request)).await {
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8(body).unwrap())
        }
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) async fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    within(async {
        let socket = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    })
    .await
}

pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub(crate) async fn send(client: &mut Client, text: impl Into<String>) {
    within(client.send(Message::text(text.into()))).await.unwrap();
}

/// Returns the next message or close frame, and skips pings and pongs.
pub(crate) async fn receive(client: &mut Client) -> Message {
    within(async {
        loop {
            match client.next().await.expect("a message").expect("a message") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    })
    .await
}

pub(crate) async fn text(client: &mut Client) -> String {
    match receive(client).await {
        Message::Text(text) => text.to_string(),
        other => panic!("not a text frame: {other:?}"),
    }
}

pub(crate) async fn closed(client: &mut Client) -> (u16, String) {
    match receive(client).await {
        Message::Close(Some(CloseFrame { code, reason })) => (code.into(), reason.to_string()),
        other => panic!("not closed: {other:?}"),
    }
}

pub(crate) fn json(text: impl AsRef<[u8]>) -> Value {
    serde_json::from_slice(text.as_ref()).unwrap()
}

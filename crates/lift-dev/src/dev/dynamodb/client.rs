//! Calls dynoxide by HTTP, on connections that no one else can open.
//!
//! dynoxide serves a TCP listener to everyone: it answers each web page's preflight and checks no
//! signature. So its listener must not stay open. A connection is made by a listener that exists until the
//! first response and then closes; the connection stays.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, Weak},
};

use bytes::Bytes;
use dynoxide::Database as Engine;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::lock::lock;

/// Why dynoxide gave no response.
pub(crate) type EngineError = Box<dyn std::error::Error + Send + Sync>;

/// A client of one database. Clones share its connections.
#[derive(Clone)]
pub(crate) struct EngineClient(Arc<Shared>);

struct Shared {
    engine: Engine,
    /// Connections without a request.
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    /// Ends all connections.
    stop: CancellationToken,
}

/// A reference to an engine that does not keep it open.
#[derive(Clone, Debug)]
pub(crate) struct WeakEngine(Weak<Shared>);

impl WeakEngine {
    /// The engine, while it is open.
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(|shared| shared.engine.clone())
    }
}

impl EngineClient {
    /// A client of `engine`. After `stop`, its connections end and the engine closes its file.
    pub(crate) fn new(engine: Engine, stop: CancellationToken) -> Self {
        Self(Arc::new(Shared { engine, idle: Mutex::default(), stop }))
    }

    /// The engine, for reads that keep it open no longer than they last.
    pub(crate) fn weak(&self) -> WeakEngine {
        WeakEngine(Arc::downgrade(&self.0))
    }

    /// Sends a request as the program sent it.
    pub(crate) async fn call(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, EngineError> {
        let request = for_next_hop(request);
        let (sender, response) = match self.idle().await {
            Some(mut sender) => {
                let response = sender.send_request(request).await?;
                (sender, response)
            }
            None => self.connect(request).await?,
        };
        let (mut head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        remove_hop_headers(&mut head.headers);
        lock(&self.0.idle).push(sender);
        Ok(Response::from_parts(head, body))
    }

    /// A connection that is open and has no request.
    async fn idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        loop {
            let mut sender = lock(&self.0.idle).pop()?;
            if sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    /// Sends a request on a new connection.
    async fn connect(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(SendRequest<Full<Bytes>>, Response<Incoming>), EngineError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = self.0.stop.clone().cancelled_owned();
        // When this future is dropped, the listener closes. The connection has a task of its own.
        let server = dynoxide::server::serve_with_shutdown(listener, self.0.engine.clone(), stop);
        let first = async {
            let socket = TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
            tokio::spawn(connection);
            let response = sender.send_request(request).await?;
            Ok::<_, EngineError>((sender, response))
        };
        tokio::select! {
            ended = server => Err(ended.err().unwrap_or_else(|| "the database is closed".to_owned()).into()),
            first = first => first,
        }
    }
}

/// The request for dynoxide: a path, a length, and no headers of the client's connection.
fn for_next_hop(request: Request<Bytes>) -> Request<Full<Bytes>> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    head.uri = Uri::from(path);
    remove_hop_headers(&mut head.headers);
    head.headers.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    Request::from_parts(head, Full::new(body))
}

fn remove_hop_headers(headers: &mut http::HeaderMap) {
    for name in
        [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::EXPECT]
    {
        headers.remove(name);
    }
}

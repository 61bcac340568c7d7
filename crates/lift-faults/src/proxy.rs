//! Serves a link over HTTP on loopback, for programs that take the address of an API.

use std::{
    convert::Infallible,
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use crate::link::{Link, Reset};

/// More than the largest request of any of the APIs: 16 MB, a batch of DynamoDB.
const REQUEST_BYTES: usize = 20 * 1024 * 1024;

/// The pause after a failed accept. The usual cause is a lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves a [`Link`] on a free loopback port. Dropping it ends the server and resets its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    _server: JoinSet<Infallible>,
}

impl Proxy {
    /// Starts the server.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(link: Link) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(serve(listener, link));
        Ok(Self { address, _server: server })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL without a path, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(listener: TcpListener, link: Link) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                connections.spawn(connection(link.clone(), socket));
            }
            Err(error) => {
                tracing::warn!(error = error.to_string(), "a proxy could not accept a connection");
                sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(link: Link, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let service = service_fn(|request| answer(&link, request));
    // No timeouts: a call for the next event may wait for hours.
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(socket), service);
    if (&mut connection).await.is_err() {
        // A reset; otherwise the client would see an orderly end.
        let socket = connection.into_parts().io.into_inner();
        let _ = socket.set_zero_linger();
    }
}

async fn answer(link: &Link, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, REQUEST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let mut refused = Response::default();
            *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            return Ok(refused);
        }
        // The client has disconnected in the middle of its request.
        Err(_) => return pending().await,
    };
    link.call(Request::from_parts(head, body)).await.map(|response| response.map(Full::new))
}

//! Accepts TCP connections, serves HTTP on them, and shuts down in order.

use std::{convert::Infallible, fmt, future::Future, io, net::SocketAddr, sync::Arc};

use http::{Request, header};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Backend, ServerHandle, Settings,
    backend::Integration,
    client_socket::{ClientSocket, OverTls},
    dispatch,
    gateway::Gateway,
    handshake::first_request::{FirstRequest, RecordingStream},
    limits::HTTP_GRACE,
};

/// Serves an API on a listener until `shutdown` resolves.
///
/// Then new clients are refused with 503, each open connection is closed with 1001 "Going away",
/// and `$disconnect` runs for each of them. The function can use `@connections` until the end.
/// When the last invocation has ended, or [`Limits::drain_timeout`] has passed, `serve` returns.
/// Dropping the future also closes the connections, without waiting.
///
/// # Errors
/// When the listener has no local address. A failing `accept` is not an error: it is retried after a short pause,
/// because exhausted file descriptors become free again.
///
/// [`Limits::drain_timeout`]: crate::Limits::drain_timeout
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    backend: impl Backend,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    Server::with_backend(listener, settings, backend)?.run(shutdown).await
}

/// An API that does not accept connections yet.
pub struct Server {
    listener: TcpListener,
    gateway: Arc<Gateway>,
}

impl Server {
    /// A server for [`Settings`] in which each route, and the authorizer, has a function of its own.
    /// The invocation of a route without one fails.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub fn new(listener: TcpListener, settings: Settings) -> io::Result<Self> {
        Self::build(listener, settings, None)
    }

    /// A server whose routes run `backend`, except those that have a function of their own.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub fn with_backend(
        listener: TcpListener,
        settings: Settings,
        backend: impl Backend,
    ) -> io::Result<Self> {
        Self::build(listener, settings, Some(Integration::new(backend)))
    }

    fn build(
        listener: TcpListener,
        settings: Settings,
        backend: Option<Integration>,
    ) -> io::Result<Self> {
        let port = listener.local_addr()?.port();
        Ok(Self { listener, gateway: Arc::new(Gateway::new(settings, backend, port)) })
    }

    /// A handle to this server. It stays valid while the server runs.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle::new(self.gateway.clone())
    }

    /// Serves until `shutdown` resolves: [`serve`] says how that ends.
    ///
    /// # Errors
    /// None today: a failing `accept` is retried.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
        let Self { listener, gateway } = self;
        let (http, ended) = (TaskTracker::new(), CancellationToken::new());
        let _closing = gateway.closing.clone().drop_guard();
        let _ended = ended.clone().drop_guard();
        let accepting = async {
            loop {
                let (socket, peer) = lift_local::accept(&listener).await;
                http.spawn(connection(gateway.clone(), socket, peer, ended.clone()));
            }
        };
        let until = async {
            shutdown.await;
            gateway.closing.cancel();
            gateway.work.close();
            if timeout(gateway.settings.limits.drain_timeout, gateway.work.wait()).await.is_err() {
                tracing::warn!(
                    left = gateway.work.len(),
                    "the shutdown gave up waiting for the remaining work"
                );
            }
            ended.cancel();
            http.close();
            // Gives responses that are being sent time to arrive.
            let _ = timeout(HTTP_GRACE, http.wait()).await;
        };
        tokio::select! {
            () = accepting => {}
            () = until => {}
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// Serves HTTP on one socket, until it ends or becomes a WebSocket.
async fn connection(
    gateway: Arc<Gateway>,
    socket: TcpStream,
    peer: SocketAddr,
    ended: CancellationToken,
) {
    let limits = &gateway.settings.limits;
    let (timer, head_bytes) = (limits.header_timeout, limits.head_bytes);
    let accepting = timeout(timer, ClientSocket::accept(socket, gateway.settings.tls.as_ref()));
    let accepted = tokio::select! {
        accepted = accepting => accepted,
        () = ended.cancelled() => return,
    };
    let socket = match accepted {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            return tracing::debug!(error = error.to_string(), "a TLS connection failed");
        }
        // The client sent nothing, or stopped within the TLS handshake.
        Err(_) => return,
    };
    let is_tls = socket.is_tls();
    let (socket, first) = RecordingStream::new(socket, head_bytes);
    let service = service_fn(move |mut request| {
        let gateway = gateway.clone();
        note(&mut request, &first);
        if is_tls {
            request.extensions_mut().insert(OverTls);
        }
        async move { Ok::<_, Infallible>(dispatch::handle(gateway, peer, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timer)
        .max_buf_size(head_bytes.max(8 * 1024))
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ended.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // The client sent bad HTTP and has its error response. The operator need not see it.
        tracing::debug!(error = error.to_string(), "an HTTP connection failed");
    }
}

/// Attaches the recorded bytes of the first request to a handshake, and ends the recording otherwise.
fn note<T>(request: &mut Request<T>, first: &FirstRequest) {
    match request.headers().contains_key(header::UPGRADE) {
        true => drop(request.extensions_mut().insert(first.clone())),
        false => drop(first.take()),
    }
}

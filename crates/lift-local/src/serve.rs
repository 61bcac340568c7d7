//! The HTTP server of an API on this machine. Each request passes the guard before the API.

use std::{convert::Infallible, future::Future, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use crate::{Admitted, Guard};

/// The pause after `accept` failed, which is when file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The largest request head, in bytes. Lambda's and DynamoDB's clients send less than 8 KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// How long a client may take for the head of a request, where a server sets no other time. AWS documents
/// no value.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Returned by an API to reset the connection instead of responding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was reset before a response came")
    }
}

impl std::error::Error for Reset {}

/// Serves an API until `stop` resolves. Then it takes no more connections, finishes the requests that
/// are in progress, and returns. Dropping the future ends all connections.
///
/// A client may take `head_timeout` for the head of a request, also for the next one on a connection that
/// stays open. `None`: a client may wait for hours between requests, as a process of a function does.
///
/// A failing `accept` is retried after a short pause, because exhausted file descriptors become free again.
pub async fn serve<A, F, B>(
    listener: &TcpListener,
    guard: &Guard,
    head_timeout: Option<Duration>,
    api: A,
    stop: impl Future<Output = ()>,
) where
    A: Fn(Admitted<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<B>, Reset>> + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let (stopping, stopped) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (socket, peer) = tokio::select! {
            accepted = accept(listener) => accepted,
            () = &mut stop => break,
        };
        let (guard, api, stopped) = (guard.clone(), api.clone(), stopped.clone());
        connections.spawn(connection(socket, peer, guard, head_timeout, api, stopped));
        while connections.try_join_next().is_some() {}
    }
    drop(stopping);
    while connections.join_next().await.is_some() {}
}

/// The next connection. `accept` fails when no file descriptor is free, or when the client has already
/// left. Neither may end a server or make it spin.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // Messages are small and peers wait for them, so Nagle's algorithm is off.
                let _ = socket.set_nodelay(true);
                return (socket, peer);
            }
            Err(error) => {
                tracing::warn!(error = error.to_string(), "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection<A, F, B>(
    socket: TcpStream,
    peer: SocketAddr,
    guard: Guard,
    head_timeout: Option<Duration>,
    api: A,
    mut stopped: watch::Receiver<()>,
) where
    A: Fn(Admitted<Incoming>) -> F,
    F: Future<Output = Result<Response<B>, Reset>>,
    B: Body<Data = Bytes, Error = Infallible> + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let admitted = guard.check(peer, request).map(&api);
        async {
            match admitted {
                Ok(api_call) => api_call.await.map(|response| response.map(Either::Left)),
                Err(refusal) => Ok(refusal.response().map(Either::<B, Full<Bytes>>::Right)),
            }
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    let result = tokio::select! {
        result = &mut connection => result,
        // The sender sends nothing: it is dropped.
        _ = stopped.changed() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let Err(error) = result else { return };
    let is_reset = std::error::Error::source(&error).is_some_and(|source| source.is::<Reset>());
    if is_reset {
        // Otherwise the client would see an orderly end.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    } else {
        tracing::debug!(error = error.to_string(), "an HTTP connection failed");
    }
}

//! The HTTP client for the SDK ([`sdk`]) and for posts: HTTP/1.1 over rustls.
//!
//! AWS's endpoints speak HTTP/1.1. HTTP/2 would add most of a megabyte to the program.

pub(crate) mod sdk;

use std::{
    env, error, io,
    sync::LazyLock,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{net::TcpStream, time::timeout};
use tower::Service;

use crate::variables;

type BoxError = Box<dyn error::Error + Send + Sync>;

/// A pool of connections, for requests with bodies `B`.
pub(crate) type Client<B> = Pool<Connector, B>;

/// The time to open a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(750);

/// One connector for the process, built with its first client.
static HTTPS: LazyLock<io::Result<HttpsConnector<HttpConnector>>> = LazyLock::new(|| {
    let https = hyper_rustls::HttpsConnectorBuilder::new();
    let https =
        if has_built_in_roots() { https.with_webpki_roots() } else { https.with_native_roots()? };
    Ok(https.https_or_http().enable_http1().build())
});

/// A function trusts Mozilla's root certificates, which are part of the program: reading the
/// system's takes longer than the rest of a cold start. Other programs, and functions where a
/// variable names root certificates, read the system's.
fn has_built_in_roots() -> bool {
    let is_named = variables::ROOT_CERTIFICATES.iter().any(|name| env::var_os(name).is_some());
    env::var_os(variables::RUNTIME_API).is_some() && !is_named
}

/// Opens connections, within [`CONNECT_TIMEOUT`].
#[derive(Clone)]
pub(crate) struct Connector(HttpsConnector<HttpConnector>);

/// A client that closes a connection which is idle for this long.
///
/// # Errors
/// When the system's root certificates cannot be read.
pub(crate) fn client<B>(idle: Duration) -> Result<Client<B>, &'static io::Error>
where
    B: http_body::Body + Send,
    B::Data: Send,
{
    let connector = Connector(HTTPS.as_ref()?.clone());
    let mut builder = Pool::builder(TokioExecutor::new());
    Ok(builder.pool_timer(TokioTimer::new()).pool_idle_timeout(idle).build(connector))
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connection = timeout(CONNECT_TIMEOUT, self.0.call(uri));
        Box::pin(async { connection.await? })
    }
}

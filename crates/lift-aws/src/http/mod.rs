//! The way out of a function: HTTP/1.1 over rustls, for the SDK ([`sdk`]) and for posts.
//!
//! AWS's endpoints speak HTTP/1.1, so there is no HTTP/2 here, which is most of a megabyte.

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

type BoxError = Box<dyn error::Error + Send + Sync>;

/// A pool of connections, for requests with bodies `B`.
pub(crate) type Client<B> = Pool<Connector, B>;

/// A connection that is not open by then, with TLS, has failed.
const CONNECT: Duration = Duration::from_millis(750);

/// Made once in a process, when the first client is.
static HTTPS: LazyLock<io::Result<HttpsConnector<HttpConnector>>> = LazyLock::new(|| {
    let https = hyper_rustls::HttpsConnectorBuilder::new();
    let https =
        if has_own_roots() { https.with_webpki_roots() } else { https.with_native_roots()? };
    Ok(https.https_or_http().enable_http1().build())
});

/// A function trusts Mozilla's root certificates, which are part of the program: reading the system's
/// takes longer than all the rest of a cold start. Elsewhere, and when the usual variables name
/// others, the system's are read.
fn has_own_roots() -> bool {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env::var_os(name).is_some());
    env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() && !named
}

/// Opens connections, within [`CONNECT`].
#[derive(Clone)]
pub(crate) struct Connector(HttpsConnector<HttpConnector>);

/// A client that keeps an unused connection for so long.
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
        let connection = timeout(CONNECT, self.0.call(uri));
        Box::pin(async { connection.await? })
    }
}

//! Pages of the program around the gateway, on the gateway's port: below `/_lift`, where no API of
//! AWS has anything.

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

/// The body of a page: in memory, or a stream.
pub type PageBody = UnsyncBoxBody<Bytes, io::Error>;

/// The path of all pages of a [`LocalPages`].
pub(crate) const PREFIX: &str = "/_lift";

/// Answers every request for `/_lift` and what is below it. The caller's address comes first; who may
/// see the pages is the site's own question.
#[derive(Clone)]
pub struct LocalPages(Arc<Pages>);

type Pages =
    dyn Fn(SocketAddr, Request<Incoming>) -> BoxFuture<'static, Response<PageBody>> + Send + Sync;

impl LocalPages {
    /// A site that is a function from a request to its answer.
    #[must_use]
    pub fn new<F>(
        answer: impl Fn(SocketAddr, Request<Incoming>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response<PageBody>> + Send + 'static,
    {
        Self(Arc::new(move |peer, request| Box::pin(answer(peer, request))))
    }

    /// Whether the site has this path.
    pub(crate) fn owns(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<PageBody> {
        (self.0)(peer, request).await
    }
}

impl fmt::Debug for LocalPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalPages")
    }
}

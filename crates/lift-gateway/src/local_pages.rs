//! Pages below `/_lift` on the gateway's port, for the program that runs the gateway. No AWS API uses
//! these paths.

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;

/// The body of a request to a page or of its response: in memory or a stream.
pub type PageBody = UnsyncBoxBody<Bytes, io::Error>;

/// The path of all pages of a [`LocalPages`].
pub(crate) const PREFIX: &str = "/_lift";

/// Answers every request for `/_lift` and the paths below it. The function gets the client's address
/// and must itself decide who may see the pages.
#[derive(Clone)]
pub struct LocalPages(Arc<Pages>);

type Pages =
    dyn Fn(SocketAddr, Request<PageBody>) -> BoxFuture<'static, Response<PageBody>> + Send + Sync;

impl LocalPages {
    /// Pages that a function answers.
    #[must_use]
    pub fn new<F>(
        answer: impl Fn(SocketAddr, Request<PageBody>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response<PageBody>> + Send + 'static,
    {
        Self(Arc::new(move |peer, request| Box::pin(answer(peer, request))))
    }

    /// Whether a path belongs to the pages.
    pub(crate) fn owns(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<PageBody>,
    ) -> Response<PageBody> {
        (self.0)(peer, request).await
    }
}

impl fmt::Debug for LocalPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalPages")
    }
}

//! Pages below `/_lift` on the gateway's port, for the program that runs the gateway. No AWS API uses
//! these paths.

use std::{fmt, future::Future, io, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Response;
use http_body_util::combinators::UnsyncBoxBody;
use lift_local::{Admitted, Guard};

/// The body of a request to a page or of its response: in memory or a stream.
pub type PageBody = UnsyncBoxBody<Bytes, io::Error>;

/// The path of all pages of a [`LocalPages`].
pub(crate) const PREFIX: &str = "/_lift";

/// Serves every request for `/_lift` and the paths below it that its guard admits.
#[derive(Clone)]
pub struct LocalPages {
    pub(crate) guard: Guard,
    pages: Arc<Pages>,
}

type Pages = dyn Fn(Admitted<PageBody>) -> BoxFuture<'static, Response<PageBody>> + Send + Sync;

impl LocalPages {
    /// Pages that a function serves. The gateway refuses what `guard` refuses.
    #[must_use]
    pub fn new<F>(
        guard: Guard,
        respond: impl Fn(Admitted<PageBody>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response<PageBody>> + Send + 'static,
    {
        Self { guard, pages: Arc::new(move |request| Box::pin(respond(request))) }
    }

    /// Whether a path belongs to the pages.
    pub(crate) fn owns(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) async fn respond(&self, request: Admitted<PageBody>) -> Response<PageBody> {
        (self.pages)(request).await
    }
}

impl fmt::Debug for LocalPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalPages")
    }
}

//! The API behind a link.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri, header, uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

/// Why an API gave no response.
pub type UpstreamError = Box<dyn std::error::Error + Send + Sync>;

/// An API: any async function from a request to a response. Path and headers are those that the
/// program sent.
pub trait Upstream: Send + Sync + 'static {
    /// Sends a request. Dropping the future cancels it, if that is still possible.
    fn call(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<Bytes>, UpstreamError>>;
}

impl<F, Fut> Upstream for F
where
    F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response<Bytes>, UpstreamError>> + Send + 'static,
{
    fn call(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<Bytes>, UpstreamError>> {
        Box::pin(self(request))
    }
}

/// An upstream that several tasks share.
pub(crate) type SharedUpstream = Arc<dyn Upstream>;

/// An API that is reached over HTTP, without TLS: on this machine.
#[derive(Clone, Debug)]
pub struct HttpUpstream {
    client: Client<HttpConnector, Full<Bytes>>,
    authority: uri::Authority,
}

impl HttpUpstream {
    /// The API at an address, such as `127.0.0.1:8000`.
    ///
    /// # Errors
    /// If this is not a host with a port.
    pub fn new(address: impl AsRef<str>) -> Result<Self, http::Error> {
        let authority = address.as_ref().parse::<uri::Authority>()?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(HttpConnector::new());
        Ok(Self { client, authority })
    }
}

impl Upstream for HttpUpstream {
    fn call(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<Bytes>, UpstreamError>> {
        let Self { client, authority } = self.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let mut parts = uri::Parts::from(head.uri);
            parts.scheme = Some(uri::Scheme::HTTP);
            parts.authority = Some(authority);
            parts.path_and_query.get_or_insert(uri::PathAndQuery::from_static("/"));
            head.uri = Uri::from_parts(parts)?;
            // `Host` is signed and stays. These headers belong to one hop.
            for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
                head.headers.remove(name);
            }
            let response = client.request(Request::from_parts(head, Full::new(body))).await?;
            let (mut head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
                head.headers.remove(name);
            }
            Ok(Response::from_parts(head, body))
        })
    }
}

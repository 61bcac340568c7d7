//! The client of `@connections`. It signs requests itself and uses Lift's HTTP client: the SDK's
//! client takes more CPU for each post, and is one more crate in the program.

mod credentials;
mod endpoint;
mod response;
pub(crate) mod sign;

use std::{error::Error as _, io, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Error as ClientError;
use lift_ws::{
    ConnectionId,
    event::Event,
    push::{ConnectionInfo, Endpoint, Push, PushError},
};
use percent_encoding::utf8_percent_encode;
use tokio::time::timeout;

use crate::{
    config::{AwsConfig, no_region},
    error::{Error, ErrorKind},
    http::{Client, client as http_client},
};
use credentials::CachedCredentials;
use endpoint::{Endpoints, SEGMENT};

/// The time for a post. Without it, a post to a peer that is gone without a reset hangs for
/// minutes.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Shorter than the gateway's keep-alive, so that an execution environment which was frozen does
/// not use a closed connection.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// The most bytes of a response's body that are read.
const MAX_RESPONSE: usize = 4096;

/// The management API of API Gateway: posts to connections, closes them, and reads their
/// information.
///
/// A request goes to the endpoint of the connection's row or of the event, if that is API Gateway
/// in the configuration's region, or a host that [`with_allowed`](Self::with_allowed) names. If the
/// environment variable `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` is set, all requests go there;
/// else, if [`with_endpoint`](Self::with_endpoint) was called, they go to its URL. Both are for
/// custom domains and for `lift dev`.
#[derive(Clone)]
pub struct ManagementApi {
    client: Client<Full<Bytes>>,
    credentials: Arc<CachedCredentials>,
    region: Arc<str>,
    endpoints: Endpoints,
}

impl ManagementApi {
    /// A client with the credentials and the region of a configuration. It sends each request once,
    /// and once more if the connection was closed before the response began, as peers do while an
    /// execution environment is frozen.
    ///
    /// # Errors
    /// When the configuration has no region or no credentials, or the system no root certificates.
    pub fn new(config: &AwsConfig) -> Result<Self, Error> {
        let error = |message: &str| Error::new(ErrorKind::Configuration, message);
        let region = config.sdk().region().ok_or_else(no_region)?;
        let provider = config
            .sdk()
            .credentials_provider()
            .ok_or_else(|| error("there are no AWS credentials in the environment"))?;
        let client = http_client(POOL_IDLE)
            .map_err(|cause| error("the root certificates cannot be read").with_cause(cause))?;
        Ok(Self {
            client,
            credentials: Arc::new(CachedCredentials::new(provider)),
            region: region.as_ref().into(),
            endpoints: Endpoints::new(region.as_ref()),
        })
    }

    /// Sends all requests to one URL, which has the stage or the base path of a custom domain. A
    /// URL in the environment overrides it.
    #[must_use]
    pub fn with_endpoint(mut self, url: &str) -> Self {
        self.endpoints.set_only(url);
        self
    }

    /// Also signs requests to this host with `https`, such as a custom domain that rows name. For
    /// another scheme or port, name an origin such as `http://127.0.0.1:3001`.
    #[must_use]
    pub fn with_allowed(mut self, host: &str) -> Self {
        self.endpoints.allow(host);
        self
    }

    /// The endpoint of all requests, if the environment or the configuration names one.
    pub(crate) fn only_endpoint(&self) -> Option<&Endpoint> {
        self.endpoints.only()
    }

    /// The endpoint of an API's stage in the configuration's region.
    pub(crate) fn endpoint_of(&self, api: &str, stage: &str) -> Endpoint {
        self.endpoints.of_api(api, stage)
    }

    async fn signed(
        &self,
        method: &Method,
        uri: &Uri,
        data: &Bytes,
    ) -> Result<Request<Full<Bytes>>, PushError> {
        let mut request = Request::new(Full::new(data.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        let octets = header::HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(header::CONTENT_TYPE, octets);
        let identity = self.credentials.identity().await?;
        sign::sign(&mut request, data, &identity, &self.region).map_err(PushError::failed)?;
        Ok(request)
    }

    /// Makes a request, within its time. An error names the endpoint.
    async fn request(
        &self,
        method: Method,
        to: &Endpoint,
        id: &ConnectionId,
        data: Bytes,
    ) -> Result<Bytes, PushError> {
        let to = self.endpoints.resolve(to)?;
        let response = within_time(self.request_to(method, to, id, data)).await;
        response.map_err(|error| error.with_posted_to(to.clone()))
    }

    async fn request_to(
        &self,
        method: Method,
        to: &Endpoint,
        id: &ConnectionId,
        data: Bytes,
    ) -> Result<Bytes, PushError> {
        let id = utf8_percent_encode(id.as_str(), SEGMENT);
        let uri: Uri = format!("{to}/@connections/{id}").parse().map_err(PushError::refused)?;
        let sent = self.client.request(self.signed(&method, &uri, &data).await?).await;
        let response = match sent {
            // A peer closed the idle connection while the process was frozen, unnoticed by the
            // pool.
            Err(error) if is_closed(&error) => {
                self.client.request(self.signed(&method, &uri, &data).await?).await
            }
            sent => sent,
        };
        let (head, body) = response.map_err(PushError::failed)?.into_parts();
        let body = Limited::new(body, MAX_RESPONSE).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes);
        if head.status.is_success() {
            return body.map_err(PushError::failed);
        }
        let error = response::error(head.status, &head.headers, &body.unwrap_or_default());
        if error.is_forbidden() {
            // These credentials may have expired: the next post reads them again.
            self.credentials.forget().await;
        }
        Err(error)
    }
}

impl Push for ManagementApi {
    fn endpoint(&self, event: &Event) -> Endpoint {
        let of_event = || self.endpoints.of_api(event.api_id(), event.stage());
        self.endpoints.only().cloned().unwrap_or_else(of_event)
    }

    fn post<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(async move { self.request(Method::POST, to, id, data).await.map(drop) })
    }

    fn close<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(async move { self.request(Method::DELETE, to, id, Bytes::new()).await.map(drop) })
    }

    fn info<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        Box::pin(
            async move { response::info(&self.request(Method::GET, to, id, Bytes::new()).await?) },
        )
    }
}

/// Whether the connection was closed before the response began. The request is then sent once more,
/// on another connection. It may have arrived before, as after every post that fails.
fn is_closed(error: &ClientError) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<hyper::Error>());
    cause.is_some_and(|cause| {
        let io = cause.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        cause.is_incomplete_message()
            || io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionReset)
    })
}

async fn within_time<T>(
    request: impl Future<Output = Result<T, PushError>>,
) -> Result<T, PushError> {
    timeout(TIMEOUT, request).await.unwrap_or_else(|late| Err(PushError::failed(late)))
}

impl std::fmt::Debug for ManagementApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagementApi").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

//! `@connections`: posts signed by hand, which costs half of what the SDK's client does per post.

mod credentials;
pub(crate) mod endpoint;
mod response;
mod sign;

use std::{error::Error as _, io, sync::Arc, time::Duration};

use aws_config::SdkConfig;
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
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;

use crate::{
    Error,
    http::{Client, client as http_client},
};
use credentials::CachedCredentials;
use endpoint::Endpoints;

/// A post that takes longer has failed: one to a half-dead peer may hang for minutes.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Below the gateway's keep-alive, so that a thawed environment does not use a dead connection.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// The most of an answer's body that is read.
const MAX_ANSWER: usize = 4096;

/// What stays as it is in a path segment (RFC 3986).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The management API of API Gateway: posts to connections, closes them, and asks about them.
///
/// Requests go where rows and events say, as long as that is API Gateway in the configuration's region:
/// nothing else is signed to, unless it is named. When the environment variable
/// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` is set, or else [`with_endpoint`](Self::with_endpoint) was
/// called, all go there: that is for custom domains and for `lift dev`.
#[derive(Clone)]
pub struct ManagementApi {
    client: Client<Full<Bytes>>,
    credentials: Arc<CachedCredentials>,
    region: Arc<str>,
    endpoints: Endpoints,
}

impl ManagementApi {
    /// A client with the credentials and the region of a configuration. It tries each request once, and
    /// once more when the connection was closed before an answer, as peers do while a process is frozen.
    ///
    /// # Errors
    /// When the configuration has no region or no credentials, or the system no root certificates.
    pub fn new(config: &SdkConfig) -> Result<Self, Error> {
        let region = config.region().ok_or_else(|| Error::new("AWS_REGION is not set"))?;
        let provider = config
            .credentials_provider()
            .ok_or_else(|| Error::new("there are no AWS credentials in the environment"))?;
        // What is worth another try is the publisher's to decide, but for a connection that was closed.
        let client = http_client(POOL_IDLE).map_err(|cause| {
            Error::new("the root certificates cannot be read").with_cause(cause)
        })?;
        Ok(Self {
            client,
            credentials: Arc::new(CachedCredentials::new(provider)),
            region: region.as_ref().into(),
            endpoints: Endpoints::new(region.as_ref()),
        })
    }

    /// Sends everything to one URL, with the stage or the base path of a custom domain; unless the
    /// environment names one.
    #[must_use]
    pub fn with_endpoint(mut self, url: &str) -> Self {
        self.endpoints.set_only(url);
        self
    }

    /// Also signs requests to a host, by `https`: a custom domain that rows name. Another scheme or port
    /// is named as in `http://127.0.0.1:3001`.
    #[must_use]
    pub fn with_allowed(mut self, host: &str) -> Self {
        self.endpoints.allow(host);
        self
    }

    /// Where everything goes, when environment or configuration say so.
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

    async fn request(
        &self,
        method: Method,
        to: &Endpoint,
        id: &ConnectionId,
        data: Bytes,
    ) -> Result<Bytes, PushError> {
        let to = self.endpoints.resolve(to)?;
        let id = utf8_percent_encode(id.as_str(), SEGMENT);
        let uri: Uri = format!("{to}/@connections/{id}").parse().map_err(PushError::refused)?;
        let sent = self.client.request(self.signed(&method, &uri, &data).await?).await;
        let response = match sent {
            // While the process was frozen its peers closed what was idle, and the pool has not noticed.
            Err(error) if is_closed(&error) => {
                self.client.request(self.signed(&method, &uri, &data).await?).await
            }
            sent => sent,
        };
        let (head, body) = response.map_err(PushError::failed)?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes);
        if head.status.is_success() {
            return body.map_err(PushError::failed);
        }
        let error = response::fault(head.status, &head.headers, &body.unwrap_or_default());
        if error.is_forbidden() {
            // The next post reads the credentials anew, in case these have expired.
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
        Box::pin(async move {
            // The answer has no body that says more.
            within_time(self.request(Method::POST, to, id, data)).await.map(drop)
        })
    }

    fn close<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(async move {
            within_time(self.request(Method::DELETE, to, id, Bytes::new())).await.map(drop)
        })
    }

    fn info<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        Box::pin(async move {
            response::info(&within_time(self.request(Method::GET, to, id, Bytes::new())).await?)
        })
    }
}

/// Whether the connection ended before any of an answer. A request is sent once more then, on another:
/// that it had arrived is possible, as with every post that fails.
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

//! `@connections`: posts signed by hand, which costs half of what the SDK's client does per post.

mod credentials;
mod sign;

use std::{env, sync::Arc, time::Duration};

use aws_config::SdkConfig;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use lift_ws::{ConnectionId, Endpoint, Push, PushError, event::Event};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;

use crate::{
    Error,
    http::{Client, client as http_client},
};
use credentials::CachedCredentials;

/// Where posts go instead of the event's API: the SDKs' own variable for this service.
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// A post that takes longer has failed: one to a half-dead peer may hang for minutes.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Below the gateway's keep-alive, so that a thawed environment does not use a dead connection.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// The most of an error's body that is read for the log.
const MAX_ERROR: usize = 4096;

/// What stays as it is in a path segment (RFC 3986).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The management API of API Gateway: posts to connections and closes them.
#[derive(Clone)]
pub struct ManagementApi {
    client: Client<Full<Bytes>>,
    credentials: Arc<CachedCredentials>,
    region: Arc<str>,
    endpoint: Option<Endpoint>,
}

impl ManagementApi {
    /// A client with the credentials and the region of a configuration.
    ///
    /// Posts go to the API of the event, or to `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` when it
    /// is set: the URL with the stage, for custom domains and for `lift dev`.
    ///
    /// # Errors
    /// When the configuration has no region or no credentials, or the system no root certificates.
    pub fn new(config: &SdkConfig) -> Result<Self, Error> {
        let region = config.region().ok_or_else(|| Error::new("AWS_REGION is not set"))?;
        let provider = config
            .credentials_provider()
            .ok_or_else(|| Error::new("there are no AWS credentials in the environment"))?;
        let client = http_client(POOL_IDLE).map_err(|cause| {
            Error::new("the root certificates cannot be read").with_cause(cause)
        })?;
        let endpoint = env::var(ENDPOINT_VARIABLE).ok().filter(|url| !url.is_empty());
        Ok(Self {
            client,
            credentials: Arc::new(CachedCredentials::new(provider)),
            region: region.as_ref().into(),
            endpoint: endpoint.map(|url| Endpoint::from(url.trim_end_matches('/'))),
        })
    }

    async fn request(
        &self,
        method: Method,
        to: &Endpoint,
        id: &ConnectionId,
        data: Bytes,
    ) -> Result<(), PushError> {
        let id = utf8_percent_encode(id.as_str(), SEGMENT);
        let uri: Uri = format!("{to}/@connections/{id}").parse().map_err(PushError::failed)?;
        let mut request = Request::new(Full::new(data.clone()));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let octets = header::HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(header::CONTENT_TYPE, octets);
        let identity = self.credentials.identity().await?;
        sign::sign(&mut request, &data, &identity, &self.region).map_err(PushError::failed)?;
        let response = self.client.request(request).await.map_err(PushError::failed)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ERROR).collect().await;
        if head.status.is_success() {
            return Ok(());
        }
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let fault = fault(head.status, &head.headers, &body);
        Err(match head.status {
            StatusCode::GONE => PushError::gone(),
            StatusCode::TOO_MANY_REQUESTS => PushError::throttled(),
            StatusCode::PAYLOAD_TOO_LARGE => PushError::too_large(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                // The next post reads the credentials anew, in case these have expired.
                self.credentials.forget().await;
                PushError::forbidden(fault)
            }
            _ => PushError::failed(fault),
        })
    }
}

impl Push for ManagementApi {
    fn endpoint(&self, event: &Event) -> Endpoint {
        if let Some(endpoint) = &self.endpoint {
            return endpoint.clone();
        }
        // The ids are escaped, so that no event can point a signed request at another host.
        let api = utf8_percent_encode(event.api_id(), NON_ALPHANUMERIC);
        let stage = utf8_percent_encode(event.stage(), SEGMENT);
        let region = &self.region;
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        Endpoint::from(format!("https://{api}.execute-api.{region}.amazonaws.com{china}/{stage}"))
    }

    fn post<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(within_time(self.request(Method::POST, to, id, data)))
    }

    fn close<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(within_time(self.request(Method::DELETE, to, id, Bytes::new())))
    }
}

async fn within_time(
    request: impl Future<Output = Result<(), PushError>>,
) -> Result<(), PushError> {
    timeout(TIMEOUT, request).await.unwrap_or_else(|late| Err(PushError::failed(late)))
}

/// What the log says of an error: status, type and the gateway's own words.
fn fault(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers.get("x-amzn-errortype").and_then(|kind| kind.to_str().ok());
    let body = String::from_utf8_lossy(body);
    format!("{status} {} {}", kind.unwrap_or_default(), body.trim()).escape_debug().to_string()
}

impl std::fmt::Debug for ManagementApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagementApi")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

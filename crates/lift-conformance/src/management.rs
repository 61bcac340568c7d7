//! Calls of `@connections`.

use std::{io, sync::LazyLock};

use anyhow::anyhow;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;

use crate::{CaseResult, Finding, TargetApi};

/// The response to a call.
#[derive(Clone, Debug)]
pub(crate) struct ManagementResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ManagementResponse {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// AWS's name of the error; like SDKs, without the part after a colon.
    pub(crate) fn error(&self) -> &str {
        let name = self.header("x-amzn-errortype");
        name.split(':').next().unwrap_or_default()
    }
}

/// An id in a URL, encoded as SDKs do.
pub(crate) fn escaped(id: &str) -> String {
    id.replace('=', "%3D")
}

impl TargetApi {
    /// Calls `@connections` for an id, signed if there are credentials.
    pub(crate) async fn manage(
        &self,
        method: Method,
        id: &str,
        body: impl Into<Bytes>,
    ) -> CaseResult<ManagementResponse> {
        self.manage_at(method, &format!("/@connections/{}", escaped(id)), body).await
    }

    /// Calls a path below the stage, without encoding it.
    pub(crate) async fn manage_at(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> CaseResult<ManagementResponse> {
        self.call(method, &format!("{}{path}", self.management), body, self.keys.as_ref()).await
    }

    /// Calls any URL.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: &str,
        body: impl Into<Bytes>,
        keys: Option<&crate::Keys>,
    ) -> CaseResult<ManagementResponse> {
        let call = Box::pin(call(method, url, body.into(), keys));
        let late = || Finding::differs("an answer", "none in time");
        match timeout(self.timing.arrival_timeout, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Finding::differs("an answer", format!("{error:#}"))),
            Err(_) => Err(late()),
        }
    }
}

/// Created once, because it reads the system's root certificates.
static HTTPS: LazyLock<io::Result<HttpsConnector<HttpConnector>>> = LazyLock::new(|| {
    let https = HttpsConnectorBuilder::new().with_native_roots()?;
    Ok(https.https_or_http().enable_http1().build())
});

async fn call(
    method: Method,
    url: &str,
    body: Bytes,
    keys: Option<&crate::Keys>,
) -> anyhow::Result<ManagementResponse> {
    let https = HTTPS.as_ref().map_err(|error| anyhow!("no root certificates: {error}"))?;
    // Each call uses a new connection, so that calls do not affect each other.
    let client: Client<_, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https.clone());
    let mut request = Request::builder().method(method).uri(url).body(Full::new(body.clone()))?;
    if let Some(keys) = keys {
        keys.sign(&mut request, &body)?;
    }
    let (head, body) = client.request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(ManagementResponse { status: head.status.as_u16(), headers: head.headers, body })
}

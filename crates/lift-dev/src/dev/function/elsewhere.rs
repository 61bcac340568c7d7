//! A function that runs elsewhere: in cargo-lambda's emulator, in AWS's Runtime Interface Emulator,
//! in anything that has Lambda's own API to invoke functions.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lift_gateway::InvokeError;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::args::Url;

/// Lambda says so of a function that failed.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// The largest answer of a function: Lambda's limit, and some room for an emulator's own words.
const LONGEST: usize = 7 * 1024 * 1024;

/// A function that runs elsewhere. Clones are the same function.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    url: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    timeout: Duration,
    /// One place for each event that it may have at a time.
    places: Semaphore,
}

impl Elsewhere {
    /// The function that is invoked at `url`; without a path, at Lambda's own for `name`.
    pub(crate) fn new(url: &Url, name: &str, timeout: Duration, concurrency: usize) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (url, places) = (invocations(url, name), Semaphore::new(concurrency));
        Self(Arc::new(Inner { url, client, timeout, places }))
    }

    /// Says so if nobody listens there yet.
    pub(crate) async fn look(&self) {
        let url = &self.0.url;
        let place = (url.host().unwrap_or_default(), url.port_u16().unwrap_or(80));
        if let Err(error) = TcpStream::connect(place).await {
            tracing::warn!("{}", nobody(url, &error));
        }
    }

    /// Invokes it once, and waits for its reply.
    pub(crate) async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        // The semaphore is never closed.
        let _place = self.0.places.acquire().await;
        let after = self.0.timeout;
        let reply = timeout(after, self.0.call(payload)).await;
        reply.unwrap_or(Err(InvokeError::TimedOut { after }))
    }
}

impl Inner {
    async fn call(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        let request = Request::post(&self.url).header("content-type", "application/json");
        let request = request.body(Full::new(payload)).map_err(|error| self.lost(&error))?;
        let response =
            self.client.request(request).await.map_err(|error| match error.is_connect() {
                true => InvokeError::Unreachable(nobody(&self.url, &error)),
                false => self.lost(&error),
            })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST).collect().await;
        let body = body.map_err(|error| self.lost(&*error))?.to_bytes();
        understand(&Response::from_parts(head, body))
    }

    fn lost(&self, error: &(dyn std::error::Error + 'static)) -> InvokeError {
        InvokeError::Unreachable(format!("{} broke off: {error}", self.url))
    }
}

/// The function's reply, or its failure.
fn understand(response: &Response<Bytes>) -> Result<Bytes, InvokeError> {
    let failed = response.headers().get(FUNCTION_ERROR);
    if failed.is_none() && response.status().is_success() {
        return Ok(response.body().clone());
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Report {
        error_type: String,
        error_message: String,
    }
    let report = serde_json::from_slice(response.body()).unwrap_or_else(|_| Report {
        error_type: String::new(),
        error_message: String::from_utf8_lossy(response.body()).into_owned(),
    });
    let kind = match (report.error_type, failed.and_then(|kind| kind.to_str().ok())) {
        (kind, _) if !kind.is_empty() => kind,
        (_, Some(kind)) => kind.to_owned(),
        (_, None) => response.status().to_string(),
    };
    Err(InvokeError::Function { kind, message: report.error_message })
}

/// Where to invoke the function `name` at `url`.
fn invocations(url: &Url, name: &str) -> Uri {
    let has_path = url.path_and_query().is_some_and(|path| path != "/");
    if has_path {
        return url.clone();
    }
    let mut parts = url.clone().into_parts();
    let path = format!("/2015-03-31/functions/{name}/invocations");
    parts.path_and_query = PathAndQuery::try_from(path).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| url.clone())
}

fn nobody(url: &Uri, error: &dyn std::error::Error) -> String {
    format!("nobody answers at {url}: start the function there, or name another URL ({error})")
}

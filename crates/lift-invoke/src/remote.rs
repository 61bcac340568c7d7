//! A function that a server elsewhere runs, invoked by HTTP: cargo-lambda's emulator, AWS's Runtime
//! Interface Emulator, or any server with Lambda's Invoke API.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lift_gateway::InvokeError;
use serde::{Deserialize, de::IgnoredAny};
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};

/// The header that Lambda adds to the response of a failed function.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// The most bytes of a response: Lambda's limit of 6 MB, and some room for an emulator's additions.
const MAX_RESPONSE: usize = 7 * 1024 * 1024;

/// A function that runs elsewhere. Clones are the same function.
#[derive(Debug, Clone)]
pub struct RemoteFunction(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    url: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    timeout: Duration,
    /// One permit for each event that the function may have at a time.
    permits: Semaphore,
}

impl RemoteFunction {
    /// The function that is invoked at `url`. Without a path, the path is that of Lambda's Invoke API
    /// for `name`.
    #[must_use]
    pub fn new(url: &Uri, name: &str, timeout: Duration, concurrency: usize) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (url, permits) = (invoke_url(url, name), Semaphore::new(concurrency));
        Self(Arc::new(Inner { url, client, timeout, permits }))
    }

    /// Logs a warning if nothing listens at the URL yet.
    pub async fn warn_if_unreachable(&self) {
        let url = &self.0.url;
        let address = (url.host().unwrap_or_default(), url.port_u16().unwrap_or(80));
        if let Err(error) = TcpStream::connect(address).await {
            tracing::warn!(
                reason = unreachable(url, &error).to_string(),
                "the function cannot be reached"
            );
        }
    }

    /// Invokes it once, and waits for its reply.
    ///
    /// # Errors
    /// When the function fails, takes too long or cannot be reached.
    pub async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        let after = self.0.timeout;
        let call = async {
            // Cannot fail: the semaphore is never closed.
            let _permit = self.0.permits.acquire().await;
            self.0.call(payload).await
        };
        let reply = timeout(after, call).await;
        reply.unwrap_or(Err(InvokeError::timed_out(after)))
    }
}

impl Inner {
    async fn call(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        let request = Request::post(&self.url).header("content-type", "application/json");
        let request = request.body(Full::new(payload)).map_err(|error| self.lost(&error))?;
        let response = self.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                InvokeError::unreachable(unreachable(&self.url, &error))
            } else {
                self.lost(&error)
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_RESPONSE).collect().await;
        let body = body.map_err(|error| self.lost(&*error))?.to_bytes();
        reply_of(&Response::from_parts(head, body))
    }

    fn lost(&self, error: &(dyn Error + 'static)) -> InvokeError {
        InvokeError::unreachable(format!("the call of {} failed: {error}", self.url))
    }
}

/// The function's reply, or its failure. AWS's emulator sends the body of a failure without the header
/// (issue 20 of aws-lambda-runtime-interface-emulator).
fn reply_of(response: &Response<Bytes>) -> Result<Bytes, InvokeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ErrorBody {
        error_type: String,
        error_message: String,
        /// Only a reply has this field.
        status_code: Option<IgnoredAny>,
    }
    let header = response.headers().get(FUNCTION_ERROR);
    let is_ok = header.is_none() && response.status().is_success();
    match serde_json::from_slice(response.body()) {
        Ok(ErrorBody { error_type: kind, error_message: message, status_code: None }) => {
            Err(InvokeError::function(kind, message))
        }
        _ if is_ok => Ok(response.body().clone()),
        _ => {
            let header = header.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
            let kind = header.unwrap_or_else(|| response.status().to_string());
            let message = String::from_utf8_lossy(response.body()).into_owned();
            Err(InvokeError::function(kind, message))
        }
    }
}

/// The URL to invoke the function `name` at `url`.
fn invoke_url(url: &Uri, name: &str) -> Uri {
    let has_path = url.path_and_query().is_some_and(|path| path != "/");
    if has_path {
        return url.clone();
    }
    let mut parts = url.clone().into_parts();
    let path = format!("/2015-03-31/functions/{name}/invocations");
    parts.path_and_query = PathAndQuery::try_from(path).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| url.clone())
}

fn unreachable(url: &Uri, error: &dyn Error) -> String {
    format!("nothing answers at {url}: start the function there, or pass another URL ({error})")
}

#[cfg(test)]
mod tests {
    use super::{Response, invoke_url, reply_of};

    #[test]
    fn failures_are_recognized() {
        let of = |status: u16, header: Option<&str>, body: &'static str| {
            let mut response = Response::builder().status(status);
            if let Some(kind) = header {
                response = response.header("X-Amz-Function-Error", kind);
            }
            match reply_of(&response.body(body.into()).expect("a response")) {
                Ok(reply) => Ok(reply),
                Err(error) => {
                    let (kind, message) = error.function_error().expect("the function's error");
                    Err((kind.to_owned(), message.to_owned()))
                }
            }
        };
        let failed = |kind: &str, message: &str| Err((kind.to_owned(), message.to_owned()));
        let report = r#"{"errorType":"Oops","errorMessage":"no table","trace":[]}"#;
        let reply = r#"{"statusCode":200,"errorType":"mine","errorMessage":"mine"}"#;
        assert_eq!(of(200, None, reply), Ok(reply.into()));
        assert_eq!(of(200, None, "null"), Ok("null".into()));
        assert_eq!(of(200, Some("Unhandled"), report), failed("Oops", "no table"));
        assert_eq!(of(200, None, report), failed("Oops", "no table"), "AWS's emulator");
        assert_eq!(of(200, Some("Unhandled"), "oh"), failed("Unhandled", "oh"));
        assert_eq!(of(404, None, "oh"), failed("404 Not Found", "oh"));
    }

    #[test]
    fn the_url_gets_a_path() {
        let at = |url: &str| invoke_url(&url.parse().expect("a URL"), "chat").to_string();
        let lambdas = "http://localhost:9000/2015-03-31/functions/chat/invocations";
        assert_eq!(at("http://localhost:9000"), lambdas);
        assert_eq!(at("http://localhost:9000/"), lambdas);
        assert_eq!(at("http://localhost:9000/own"), "http://localhost:9000/own");
    }
}

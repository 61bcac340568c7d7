//! A function that runs elsewhere: in cargo-lambda's emulator, in AWS's Runtime Interface Emulator,
//! in anything that has Lambda's own API to invoke functions.

use std::{sync::Arc, time::Duration};

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
        let after = self.0.timeout;
        let call = async {
            // The semaphore is never closed.
            let _place = self.0.places.acquire().await;
            self.0.call(payload).await
        };
        let reply = timeout(after, call).await;
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

/// The function's reply, or its failure. AWS's emulator sends a failure's body without the header
/// (issue 20 of aws-lambda-runtime-interface-emulator).
fn understand(response: &Response<Bytes>) -> Result<Bytes, InvokeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Report {
        error_type: String,
        error_message: String,
        /// Such a field is a reply's.
        status_code: Option<IgnoredAny>,
    }
    let header = response.headers().get(FUNCTION_ERROR);
    let said_ok = header.is_none() && response.status().is_success();
    match serde_json::from_slice(response.body()) {
        Ok(Report { error_type: kind, error_message: message, status_code: None }) => {
            Err(InvokeError::Function { kind, message })
        }
        _ if said_ok => Ok(response.body().clone()),
        _ => {
            let header = header.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
            let kind = header.unwrap_or_else(|| response.status().to_string());
            let message = String::from_utf8_lossy(response.body()).into_owned();
            Err(InvokeError::Function { kind, message })
        }
    }
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

#[cfg(test)]
mod tests {
    use super::{InvokeError, Response, invocations, understand};

    #[test]
    fn what_is_a_failure() {
        let of = |status: u16, header: Option<&str>, body: &'static str| {
            let mut response = Response::builder().status(status);
            if let Some(kind) = header {
                response = response.header("X-Amz-Function-Error", kind);
            }
            match understand(&response.body(body.into()).expect("a response")) {
                Ok(reply) => Ok(reply),
                Err(InvokeError::Function { kind, message }) => Err((kind, message)),
                Err(other) => panic!("{other}"),
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
    fn where_it_is_invoked() {
        let at = |url: &str| invocations(&url.parse().expect("a URL"), "chat").to_string();
        let lambdas = "http://localhost:9000/2015-03-31/functions/chat/invocations";
        assert_eq!(at("http://localhost:9000"), lambdas);
        assert_eq!(at("http://localhost:9000/"), lambdas);
        assert_eq!(at("http://localhost:9000/own"), "http://localhost:9000/own");
    }
}

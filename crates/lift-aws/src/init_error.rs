//! Tells the Lambda Runtime API that the function cannot start, so that the invocation fails with the cause and not
//! with an exit status.

use std::time::Duration;

use ::http::Request;
use bytes::Bytes;
use http_body_util::Full;
use tokio::time::timeout;

use crate::{http, variables};

/// How long the report may take. The program ends in all cases, and prints the error.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reports an init error. A report that fails is logged.
pub(crate) async fn report(kind: &str, message: &str) {
    let report = timeout(TIMEOUT, post(kind, message));
    if let Err(error) = report.await.unwrap_or_else(|late| Err(late.to_string())) {
        tracing::warn!(error, "the Lambda Runtime API did not take the init error");
    }
}

async fn post(kind: &str, message: &str) -> Result<(), String> {
    let Some(api) = variables::value(variables::RUNTIME_API) else { return Ok(()) };
    let body = serde_json::json!({"errorType": kind, "errorMessage": message, "stackTrace": []});
    let request = Request::post(format!("http://{api}/2018-06-01/runtime/init/error"))
        .header("Lambda-Runtime-Function-Error-Type", kind)
        .header("Content-Type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())));
    let request = request.map_err(|error| error.to_string())?;
    let client = http::client(TIMEOUT).map_err(|error| error.to_string())?;
    let response = client.request(request).await.map_err(|error| error.to_string())?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(status.to_string()),
    }
}

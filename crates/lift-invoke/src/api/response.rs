//! Responses of the Invoke API, with the errors' names and fields as AWS sends them.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use lift_gateway::{Outcome, OutcomeError};
use serde_json::{Value, json};
use uuid::Uuid;

/// The header by which `lift invoke` gets the error that a result means.
pub const ERROR_HEADER: &str = "x-lift-error";

/// The header that says that the body is a function's error.
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Why a call invoked no function.
#[derive(Debug)]
pub(super) struct CallError {
    status: StatusCode,
    /// The name of the exception, which SDKs read.
    kind: &'static str,
    message: String,
}

impl CallError {
    pub(super) fn not_found(message: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, kind: "ResourceNotFoundException", message }
    }

    pub(super) fn invalid(kind: &'static str, message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind, message }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message =
            format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        let kind = "RequestTooLargeException";
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, kind, message }
    }

    pub(super) fn no_operation(method: &Method, path: &str) -> Self {
        let message = format!("`lift dev` has Lambda's Invoke alone, not {method} {path}");
        Self { status: StatusCode::NOT_FOUND, kind: "UnknownOperationException", message }
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let Self { status, kind, message } = self;
        let mut response = json_response(status, &json!({ "Type": "User", "Message": message }));
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
        response
    }
}

/// The response to an invocation whose caller waits.
pub(super) fn result(outcome: Outcome) -> Result<Response<Full<Bytes>>, CallError> {
    let meant = outcome.error();
    let error = match outcome.result {
        Ok(result) => {
            let mut response = invoked(Full::new(result));
            if let Some(OutcomeError { code, message, .. }) = meant {
                let text = format!("{code}: {message}").escape_debug().to_string();
                if let Ok(value) = HeaderValue::from_str(&text) {
                    response.headers_mut().insert(ERROR_HEADER, value);
                }
            }
            return Ok(response);
        }
        Err(error) => error,
    };
    let (kind, message) = match error.function_error() {
        Some((kind, message)) => (kind.to_owned(), message.to_owned()),
        None if error.is_timed_out() => ("Sandbox.Timedout".to_owned(), error.to_string()),
        None if error.is_exited() => ("Runtime.ExitError".to_owned(), error.to_string()),
        None if error.is_unavailable() => {
            return Err(CallError {
                status: StatusCode::TOO_MANY_REQUESTS,
                kind: "TooManyRequestsException",
                message: format!("Rate Exceeded: {error}"),
            });
        }
        None => {
            let (kind, message) = ("ServiceException", error.to_string());
            return Err(CallError { status: StatusCode::INTERNAL_SERVER_ERROR, kind, message });
        }
    };
    let body = json!({ "errorType": kind, "errorMessage": message }).to_string();
    let mut response = invoked(Full::from(body));
    response.headers_mut().insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    Ok(response)
}

/// The response to an invocation whose caller does not wait, or that is only checked.
pub(super) fn accepted(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = invoked(Full::default());
    *response.status_mut() = status;
    response
}

fn invoked(body: Full<Bytes>) -> Response<Full<Bytes>> {
    let mut response = with_request_id(body);
    response.headers_mut().insert(EXECUTED_VERSION, HeaderValue::from_static("$LATEST"));
    response
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = with_request_id(Full::from(body.to_string()));
    *response.status_mut() = status;
    response
}

fn with_request_id(body: Full<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A UUID is a valid header value.
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

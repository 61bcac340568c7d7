//! HTTP responses of the gateway. They are in memory and repeat nothing that a client or a function sent.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The header that names an error.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// An HTTP response with its body in memory.
pub(crate) type ApiResponse = Response<Full<Bytes>>;

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> ApiResponse {
    let mut response = ApiResponse::default();
    *response.status_mut() = status;
    response
}

/// A response with a content type.
pub(crate) fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> ApiResponse {
    let mut response = ApiResponse::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A plain-text response for a terminal or a browser.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> ApiResponse {
    with(status, "text/plain; charset=utf-8", text)
}

/// A JSON response.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> ApiResponse {
    with(status, "application/json", value.to_string())
}

/// A refusal in API Gateway's form: `{"message":"Forbidden"}` for 403, and so on. A failed or slow function has
/// the message of the error frames.
pub(crate) fn refusal(status: StatusCode) -> ApiResponse {
    let message = match status {
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY => "Internal server error",
        StatusCode::GATEWAY_TIMEOUT => "Endpoint request timed out",
        status => status.canonical_reason().unwrap_or("Refused"),
    };
    json(status, &serde_json::json!({ "message": message }))
}

/// A response with an error type in `x-amzn-ErrorType`, which the SDKs read first.
pub(crate) fn error(status: StatusCode, kind: &'static str, message: &str) -> ApiResponse {
    let mut response = json(status, &serde_json::json!({ "message": message }));
    response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    response
}

/// A [`refusal`] with an error type.
pub(crate) fn refusal_of_kind(status: StatusCode, kind: &'static str) -> ApiResponse {
    let mut response = refusal(status);
    response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    response
}

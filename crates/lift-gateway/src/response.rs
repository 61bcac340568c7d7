//! HTTP answers of the gateway: short, complete, and with nothing of a client's or function's words.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The header that names an error.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// An HTTP answer; its body is in memory.
pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// An answer of a given content type.
pub(crate) fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// An answer for somebody who looks at it in a terminal or a browser.
pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    with(status, "text/plain; charset=utf-8", text)
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    with(status, "application/json", value.to_string())
}

/// A refusal in API Gateway's form: `{"message":"Forbidden"}` for 403, and so on. The words for a
/// function that failed or is late are those of the error frames.
pub(crate) fn refusal(status: StatusCode) -> Answer {
    let message = match status {
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY => "Internal server error",
        StatusCode::GATEWAY_TIMEOUT => "Endpoint request timed out",
        status => status.canonical_reason().unwrap_or("Refused"),
    };
    json(status, &serde_json::json!({ "message": message }))
}

/// A refusal that says its kind in `x-amzn-ErrorType`, which the SDKs read first.
pub(crate) fn error(status: StatusCode, kind: &'static str, message: &str) -> Answer {
    let mut answer = json(status, &serde_json::json!({ "message": message }));
    answer.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A [`refusal`] that says its kind.
pub(crate) fn refusal_of_kind(status: StatusCode, kind: &'static str) -> Answer {
    let mut answer = refusal(status);
    answer.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    answer
}

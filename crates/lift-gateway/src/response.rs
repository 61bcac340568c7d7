//! HTTP answers of the gateway: short, complete, and with nothing of a client's or function's words.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

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

/// A refusal in API Gateway's form: `{"message":"Forbidden"}` for 403, and so on.
pub(crate) fn refusal(status: StatusCode) -> Answer {
    let message = status.canonical_reason().unwrap_or("Refused");
    json(status, &serde_json::json!({ "message": message }))
}

//! Why a guard refused a request, and the response that says so.

use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;

/// Why a request is refused. `Display` is the reason and how to fix it. It contains no text from the
/// request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The client is another machine, or a proxy forwards its request.
    OtherMachine,
    /// The `Host` header is missing, or is a name that others can let resolve to this machine.
    Host,
    /// A browser sent the request, and this API is for programs.
    Browser,
    /// A web page of another origin sent the request.
    OtherOrigin,
    /// A request that changes something has another content type than JSON.
    NotJson,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherMachine => {
                "Only this machine may send such requests, and not through a proxy or a tunnel."
            }
            Self::Host => {
                "The request's Host is not a name of this machine: call localhost or 127.0.0.1, or \
                 allow the name with `lift dev --allow-host NAME`."
            }
            Self::Browser => "This API is for programs. It takes no requests of a browser.",
            Self::OtherOrigin => {
                "A web page of another origin sent this request. Only pages of this address may."
            }
            Self::NotJson => "Send `Content-Type: application/json`.",
        })
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The response: 403, and the reason in the fields in which AWS's clients look for it: those of
    /// `@connections`, of DynamoDB and of the Lambda Runtime API.
    #[must_use]
    pub fn response(self) -> Response<Full<Bytes>> {
        let reason = self.to_string();
        let body = json!({
            "__type": "com.amazon.coral.service#AccessDeniedException",
            "message": reason,
            "errorType": "AccessDeniedException",
            "errorMessage": reason,
        });
        let mut response = Response::new(Full::from(body.to_string()));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static("AccessDeniedException"));
        response
    }
}

//! The result of authorizing a client: what it was granted, or why it is refused.

use http::StatusCode;
use serde_json::value::RawValue;

use crate::{
    ApiKey, Caller, SignatureRejection,
    response::{self, ApiResponse},
};

/// What a client proved, for all later events of its connection.
#[derive(Debug, Default)]
pub(crate) struct Grant {
    /// `requestContext.authorizer`: principal, context and latency.
    pub(crate) authorizer: Option<Box<RawValue>>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) caller: Option<Caller>,
}

/// Why a client is refused before `$connect`.
#[derive(Debug)]
pub(crate) enum Refusal {
    Throttled,
    /// An identity source is missing, or the authorizer's error is `Unauthorized`.
    Unauthorized,
    /// The authorizer's policy does not allow it.
    Forbidden,
    /// The authorizer failed, or its response is malformed.
    Failed,
    /// The API key is missing or unknown.
    NoKey(StatusCode),
    /// The signature is missing or wrong.
    BadSignature(SignatureRejection),
}

impl Refusal {
    /// API Gateway's response. It cannot be customized.
    pub(crate) fn into_response(self) -> ApiResponse {
        let (status, kind) = match self {
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "UnauthorizedException"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "AuthorizerConfigurationException"),
            Self::NoKey(status) => (status, "ForbiddenException"),
            Self::BadSignature(reason) => return denied(&reason),
        };
        response::refusal_of_kind(status, kind)
    }
}

/// The response to a bad signature.
pub(crate) fn denied(denied: &SignatureRejection) -> ApiResponse {
    response::error(StatusCode::FORBIDDEN, denied.kind, &denied.message)
}

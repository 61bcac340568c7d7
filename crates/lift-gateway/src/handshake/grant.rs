//! What comes of asking who a client is: what it was granted, or why it is refused.

use http::StatusCode;
use serde_json::value::RawValue;

use crate::{
    ApiKey, Caller, SignatureRejection,
    response::{self, Answer},
};

/// What a client proved, for all later events of its connection.
#[derive(Debug, Default)]
pub(crate) struct Granted {
    /// `requestContext.authorizer`: principal, context, and how long it took.
    pub(crate) authorizer: Option<Box<RawValue>>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) caller: Option<Caller>,
}

/// Why a client was not let in.
#[derive(Debug)]
pub(crate) enum Refusal {
    Throttled,
    /// It showed nothing, or the authorizer said `Unauthorized`.
    Unauthorized,
    /// The authorizer's policy does not allow it.
    Forbidden,
    /// The authorizer failed, or its answer is malformed.
    Failed,
    /// It has no good API key.
    NoKey(StatusCode),
    /// Its signature is not good.
    Denied(SignatureRejection),
}

impl Refusal {
    /// API Gateway's words; they cannot be customized.
    pub(crate) fn into_answer(self) -> Answer {
        let (status, kind) = match self {
            Self::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "UnauthorizedException"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "AuthorizerConfigurationException"),
            Self::NoKey(status) => (status, "ForbiddenException"),
            Self::Denied(reason) => return denied(&reason),
        };
        response::refusal_of_kind(status, kind)
    }
}

/// The answer to a bad signature.
pub(crate) fn denied(denied: &SignatureRejection) -> Answer {
    response::error(StatusCode::FORBIDDEN, denied.kind, &denied.message)
}

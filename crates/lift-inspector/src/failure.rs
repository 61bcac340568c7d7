//! Why a page is told no: a status, and words for the person at it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use lift_gateway::{ControlError, Id};
use serde_json::json;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    words: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into() }
    }

    pub(crate) fn gone() -> Self {
        ControlError::Gone.into()
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let status = match error {
            ControlError::Gone => StatusCode::GONE,
            ControlError::Full => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.words }))).into_response()
    }
}

/// The connection that a path names.
pub(crate) fn id(text: &str) -> Result<Id, Failure> {
    Id::parse(text).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "that is no connection's id"))
}

//! Why a page is told no: a status, and words for the person at it.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use lift_gateway::{HandleError, Id};
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
        Self::new(StatusCode::GONE, "the connection is gone")
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Self {
        let status = match error.is_gone() {
            true => StatusCode::GONE,
            false => StatusCode::TOO_MANY_REQUESTS,
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

//! The error of a page: a status, and a message for the user.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use lift_gateway::{HandleError, Id};
use serde_json::json;

/// An error response, as JSON.
#[derive(Debug)]
pub(crate) struct PageError {
    status: StatusCode,
    message: String,
}

impl PageError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn gone() -> Self {
        Self::new(StatusCode::GONE, "the connection is gone")
    }
}

impl From<HandleError> for PageError {
    fn from(error: HandleError) -> Self {
        let status = match error.is_gone() {
            true => StatusCode::GONE,
            false => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

/// The id of a connection in a path.
pub(crate) fn connection_id(text: &str) -> Result<Id, PageError> {
    Id::parse(text)
        .ok_or_else(|| PageError::new(StatusCode::NOT_FOUND, "that is no connection's id"))
}

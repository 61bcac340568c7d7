//! The outcome of a request, and what the program sees of it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::pending;
use http::Response;
use lift_local::Reset;
use tokio::time::sleep;

use crate::upstream::UpstreamError;

/// The outcome of a request.
pub(super) enum CallOutcome {
    Response(Response<Bytes>),
    Reset,
    /// No response; after this time, if there is one, a reset.
    NoResponse(Option<Duration>),
}

impl From<Result<Response<Bytes>, UpstreamError>> for CallOutcome {
    fn from(result: Result<Response<Bytes>, UpstreamError>) -> Self {
        match result {
            Ok(response) => Self::Response(response),
            Err(error) => {
                tracing::warn!(
                    error = error.to_string(),
                    "the API behind the link gave no response"
                );
                Self::Reset
            }
        }
    }
}

impl CallOutcome {
    /// The response or a reset, after the wait if there is one.
    pub(super) async fn into_response(self) -> Result<Response<Bytes>, Reset> {
        match self {
            Self::Response(response) => return Ok(response),
            Self::Reset => {}
            Self::NoResponse(Some(time)) => sleep(time).await,
            Self::NoResponse(None) => pending().await,
        }
        Err(Reset)
    }
}

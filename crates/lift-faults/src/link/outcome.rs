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
    Answer(Response<Bytes>),
    Reset,
    /// No response; after this time, if there is one, a reset.
    Silence(Option<Duration>),
}

impl From<Result<Response<Bytes>, UpstreamError>> for CallOutcome {
    fn from(result: Result<Response<Bytes>, UpstreamError>) -> Self {
        match result {
            Ok(response) => Self::Answer(response),
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
    /// The response or a reset, after the silence if there is one.
    pub(super) async fn into_answer(self) -> Result<Response<Bytes>, Reset> {
        match self {
            Self::Answer(response) => return Ok(response),
            Self::Reset => {}
            Self::Silence(Some(time)) => sleep(time).await,
            Self::Silence(None) => pending().await,
        }
        Err(Reset)
    }
}

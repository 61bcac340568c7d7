//! What comes of a request, and how the program is told.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::pending;
use http::Response;
use tokio::time::sleep;

use super::Reset;
use crate::upstream::UpstreamError;

/// What comes of a request, once all is done that will be.
pub(super) enum Outcome {
    Answer(Response<Bytes>),
    Reset,
    /// Nothing comes, for so long; then the connection breaks.
    Silence(Option<Duration>),
}

impl From<Result<Response<Bytes>, UpstreamError>> for Outcome {
    fn from(result: Result<Response<Bytes>, UpstreamError>) -> Self {
        match result {
            Ok(response) => Self::Answer(response),
            Err(error) => {
                tracing::warn!(%error, "the API behind the faults gave no answer");
                Self::Reset
            }
        }
    }
}

impl Outcome {
    /// Waits as long as there is silence.
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

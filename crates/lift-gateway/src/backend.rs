//! The function behind the gateway, as the gateway sees it: bytes in, bytes out.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::Id;

/// What is invoked for each event.
///
/// Any `Fn(Bytes) -> impl Future` is one. The gateway never drops an invocation that it started:
/// a client that leaves, or waits too long, does not stop the function.
pub trait Backend: Send + Sync + 'static {
    /// Runs the function once: the bytes of an event in, the bytes of its reply out.
    ///
    /// # Errors
    /// When there is no reply. The client learns only that it failed; the log learns why.
    fn invoke(&self, payload: Bytes) -> impl Future<Output = Result<Bytes, InvokeError>> + Send;

    /// Runs the function for an invocation as [`What::Invoked`](crate::What::Invoked) names it. Only
    /// a backend that tells of its own doings needs the name.
    ///
    /// # Errors
    /// As [`invoke`](Self::invoke).
    fn invoke_as(
        &self,
        _invocation: Id,
        payload: Bytes,
    ) -> impl Future<Output = Result<Bytes, InvokeError>> + Send {
        self.invoke(payload)
    }
}

impl<F, Fut> Backend for F
where
    F: Fn(Bytes) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Bytes, InvokeError>> + Send,
{
    fn invoke(&self, payload: Bytes) -> impl Future<Output = Result<Bytes, InvokeError>> + Send {
        self(payload)
    }
}

/// A backend whose type is forgotten.
#[derive(Clone)]
pub(crate) struct Integration(Arc<dyn Fn(Id, Bytes) -> Answer + Send + Sync>);

type Answer = BoxFuture<'static, Result<Bytes, InvokeError>>;

impl Integration {
    pub(crate) fn new(backend: impl Backend) -> Self {
        let backend = Arc::new(backend);
        Self(Arc::new(move |invocation, payload| {
            let backend = backend.clone();
            Box::pin(async move { backend.invoke_as(invocation, payload).await })
        }))
    }

    pub(crate) fn invoke_as(&self, invocation: Id, payload: Bytes) -> Answer {
        (self.0)(invocation, payload)
    }
}

impl fmt::Debug for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Integration")
    }
}

/// Why an invocation gave no reply. For logs: clients never see it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// The function reported an error.
    #[error("the function failed with {kind:?}: {message:?}")]
    Function {
        /// The error's type, such as `Runtime.ExitError`; the function's own word.
        kind: String,
        /// The error's message; the function's own words.
        message: String,
    },
    /// The function's process ended before it answered.
    #[error("the function's process ended before it answered")]
    Exited,
    /// The function's own time-out passed.
    #[error("the function timed out after {after:?}")]
    TimedOut {
        /// The function's time-out.
        after: Duration,
    },
    /// No execution environment took the invocation: too many wait, or it waited too long.
    #[error("no execution environment could take the invocation")]
    Unavailable,
    /// The function runs elsewhere, and nobody answers there.
    #[error("{0}")]
    Unreachable(String),
}

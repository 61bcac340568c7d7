//! The function that the gateway invokes: event bytes in, reply bytes out.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::Id;

/// A function that is invoked for each event.
///
/// Any `Fn(Bytes) -> impl Future` is a backend. The gateway never drops an invocation that it started:
/// a client that leaves or times out does not stop the function.
pub trait Backend: Send + Sync + 'static {
    /// Runs the function once: the bytes of an event in, the bytes of its reply out.
    ///
    /// # Errors
    /// When there is no reply. The client learns only that it failed; the log learns why.
    fn invoke(&self, payload: Bytes) -> impl Future<Output = Result<Bytes, InvokeError>> + Send;

    /// Runs the function. `invocation` is the id of [`GatewayEventKind::Invoked`](crate::GatewayEventKind::Invoked).
    /// Only a backend that reports what it does needs the id.
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

/// A backend without its type: what routes, the authorizer and the gateway hold.
#[derive(Clone)]
pub(crate) struct Integration(Arc<dyn Fn(Id, Bytes) -> InvokeFuture + Send + Sync>);

type InvokeFuture = BoxFuture<'static, Result<Bytes, InvokeError>>;

impl Integration {
    pub(crate) fn new(backend: impl Backend) -> Self {
        let backend = Arc::new(backend);
        Self(Arc::new(move |invocation, payload| {
            let backend = backend.clone();
            Box::pin(async move { backend.invoke_as(invocation, payload).await })
        }))
    }

    pub(crate) fn invoke_as(&self, invocation: Id, payload: Bytes) -> InvokeFuture {
        (self.0)(invocation, payload)
    }
}

impl fmt::Debug for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Integration")
    }
}

/// Why an invocation gave no reply. It is for logs: clients never see it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvokeError(InvokeErrorKind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum InvokeErrorKind {
    #[error("the function failed with {error_type:?}: {message:?}")]
    Function { error_type: String, message: String },
    #[error("the function's process ended before it answered")]
    Exited,
    #[error("the function timed out after {0:?}")]
    TimedOut(Duration),
    #[error("no execution environment could take the invocation")]
    Unavailable,
    #[error("{0}")]
    Unreachable(String),
}

impl InvokeError {
    /// The function reported an error. `error_type` is its `errorType`, such as `Runtime.ExitError`,
    /// and `message` its `errorMessage`.
    #[must_use]
    pub fn function(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        let (error_type, message) = (error_type.into(), message.into());
        Self(InvokeErrorKind::Function { error_type, message })
    }

    /// The function's process ended before it answered.
    #[must_use]
    pub fn exited() -> Self {
        Self(InvokeErrorKind::Exited)
    }

    /// The function's own timeout, `after`, passed.
    #[must_use]
    pub fn timed_out(after: Duration) -> Self {
        Self(InvokeErrorKind::TimedOut(after))
    }

    /// No execution environment took the invocation: too many waited, or it waited too long.
    #[must_use]
    pub fn unavailable() -> Self {
        Self(InvokeErrorKind::Unavailable)
    }

    /// The function runs elsewhere and cannot be reached. `message` says where and why.
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self(InvokeErrorKind::Unreachable(message.into()))
    }

    /// The type and the message of the error that the function reported, if it reported one.
    #[must_use]
    pub fn function_error(&self) -> Option<(&str, &str)> {
        match &self.0 {
            InvokeErrorKind::Function { error_type, message } => Some((error_type, message)),
            _ => None,
        }
    }

    /// Whether the function's process ended before it answered.
    #[must_use]
    pub fn is_exited(&self) -> bool {
        self.0 == InvokeErrorKind::Exited
    }

    /// Whether the function's own timeout passed.
    #[must_use]
    pub fn is_timed_out(&self) -> bool {
        matches!(self.0, InvokeErrorKind::TimedOut(_))
    }

    /// Whether no execution environment took the invocation.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.0 == InvokeErrorKind::Unavailable
    }

    /// Whether the function runs elsewhere and could not be reached.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self.0, InvokeErrorKind::Unreachable(_))
    }

    /// Whether an authorizer answered the error message `Unauthorized`, which refuses the client with
    /// 401.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.function_error().is_some_and(|(_, message)| message == "Unauthorized")
    }
}

//! What happens to invocations, for a terminal, an inspector or a recording. An observer changes nothing.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use lift_gateway::{Id, InvokeError, OutcomeError};

use crate::Source;

/// Receives the events of invocations. The default one ignores them.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(InvocationEvent) + Send + Sync>>);

impl Observer {
    /// Calls a function for each event. It runs in the task of the invocation, so it must not block.
    #[must_use]
    pub fn new(callback: impl Fn(InvocationEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(crate) fn notify(&self, invocation: Id, kind: InvocationEventKind) {
        if let Some(callback) = &self.0 {
            callback(InvocationEvent { invocation, kind });
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(on)" } else { "Observer(off)" })
    }
}

/// An event of one invocation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InvocationEvent {
    /// The invocation. The lines that the function writes meanwhile have the same id.
    pub invocation: Id,
    /// What happened.
    pub kind: InvocationEventKind,
}

impl InvocationEvent {
    /// An event, for tests of observers.
    #[must_use]
    pub fn new(invocation: Id, kind: InvocationEventKind) -> Self {
        Self { invocation, kind }
    }
}

/// What happened to an invocation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum InvocationEventKind {
    /// A function is invoked.
    Invoked {
        /// The user's name for it.
        function: String,
        /// Where the event comes from.
        source: Source,
        /// The event, as the function gets it.
        payload: Bytes,
    },
    /// The function returned or failed.
    Answered {
        /// How long it took, including the wait for a process.
        took: Duration,
        /// Its result, or why there is none.
        result: Result<Bytes, InvokeError>,
        /// The error that the result means, or that it is missing for.
        error: Option<OutcomeError>,
    },
}

//! An event that a process gets twice, which the queue behind it knows nothing about: it is kept
//! here, and what the process answers the second time ends here.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;

use crate::call::{About, Call};

#[derive(Default)]
pub(super) struct Again(Mutex<State>);

#[derive(Default)]
struct State {
    /// What the process gets when it next asks for an event.
    event: Option<Response<Bytes>>,
    /// The invocation that it runs for the second time.
    running: Option<String>,
}

impl Again {
    /// Keeps an event that was just handed out.
    pub(super) fn keep(&self, event: &Response<Bytes>) {
        if event.status().is_success() {
            self.state().event = Some(event.clone());
        }
    }

    /// The kept event, if this call asks for one.
    pub(super) fn event(&self, call: &Call) -> Option<Response<Bytes>> {
        if call.operation != "next" {
            return None;
        }
        let mut state = self.state();
        let event = state.event.take()?;
        let id = event.headers().get("lambda-runtime-aws-request-id");
        state.running = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        Some(event)
    }

    /// Whether this call answers an invocation for the second time.
    pub(super) fn takes(&self, call: &Call) -> bool {
        let About::Invocation(Some(id)) = &call.about else { return false };
        self.state().running.take_if(|running| running == id).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

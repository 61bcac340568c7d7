//! An event that a process gets twice. The queue behind the link does not know of the second delivery,
//! so the event is kept here, and the process's second response is not forwarded.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;

use crate::call::{Call, CallSubject};

#[derive(Default)]
pub(super) struct Redelivery(Mutex<State>);

#[derive(Default)]
struct State {
    /// The event that the process gets at its next request for one.
    event: Option<Response<Bytes>>,
    /// The invocation that the process runs for the second time.
    running: Option<String>,
}

impl Redelivery {
    /// Keeps an event that was just delivered.
    pub(super) fn keep(&self, event: &Response<Bytes>) {
        if event.status().is_success() {
            self.state().event = Some(event.clone());
        }
    }

    /// The kept event, if this call requests one.
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

    /// Whether this call is the second response to an invocation.
    pub(super) fn takes(&self, call: &Call) -> bool {
        let CallSubject::Invocation(Some(id)) = &call.about else { return false };
        self.state().running.take_if(|running| running == id).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

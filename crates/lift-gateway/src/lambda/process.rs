//! What one process runs and how long it may: between queue and Runtime API.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use super::queue::{Invocation, Queue};
use crate::{Id, InvokeError};

/// How a process is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It has not asked for an invocation yet.
    #[default]
    Starting,
    /// It has asked for its first invocation.
    Ready,
    /// It reported that it cannot start; it gets no work. The final status.
    InitFailed {
        /// The error's type, the process's own word.
        kind: String,
        /// The error's message, the process's own words.
        message: String,
    },
    /// An invocation passed the function's time-out and has failed. The process gets no more work
    /// and is to be killed, as Lambda does. The final status.
    TimedOut,
}

/// Whether a process gets work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Serving,
    /// It finishes what it runs.
    Draining,
    /// It has finished, and its extensions may know.
    Shutdown,
}

/// What the Runtime API's connections share.
#[derive(Debug)]
pub(super) struct ProcessState {
    pub(super) queue: Arc<Queue>,
    running: Mutex<Option<Running>>,
    /// Called under the lock of `running`, so in the order of what happens there.
    told: InvocationCallback,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) status: watch::Sender<Status>,
    /// Counts the calls of `next`: only the latest one gets an invocation.
    polls: watch::Sender<u64>,
    occupied: watch::Sender<bool>,
    /// The extensions by identifier, and whether each wants to know of the shutdown.
    extensions: Mutex<HashMap<String, bool>>,
}

#[derive(Debug)]
struct Running {
    invocation: Invocation,
    timer: AbortHandle,
}

/// An invocation as the process receives it.
pub(super) struct Handover {
    pub(super) id: String,
    pub(super) trace: String,
    pub(super) payload: Bytes,
    pub(super) deadline: Duration,
}

impl ProcessState {
    pub(super) fn new(queue: Arc<Queue>, told: InvocationCallback) -> Self {
        Self {
            queue,
            running: Mutex::default(),
            told,
            phase: watch::Sender::default(),
            status: watch::Sender::default(),
            polls: watch::Sender::default(),
            occupied: watch::Sender::default(),
            extensions: Mutex::default(),
        }
    }

    /// The next invocation, as soon as there is one; never while the process drains. `None` when a
    /// later call took this one's place: its client has gone, though that may not be seen yet.
    pub(super) async fn next(self: &Arc<Self>) -> Option<Handover> {
        let kind = "Runtime.NextBeforeResponse".to_owned();
        let message = "the process asked for an event before it answered the last one".to_owned();
        self.finish(None, Err(InvokeError::function(kind, message)));
        self.status.send_if_modified(|status| {
            let first = *status == Status::Starting;
            if first {
                *status = Status::Ready;
            }
            first
        });
        let mut ticket = 0;
        self.polls.send_modify(|polls| {
            *polls += 1;
            ticket = *polls;
        });
        let (mut polls, mut phase) = (self.polls.subscribe(), self.phase.subscribe());
        loop {
            let idle = Idle::new(&self.queue);
            let invocation = tokio::select! {
                biased;
                _ = polls.wait_for(|polls| *polls != ticket) => return None,
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => None,
                invocation = self.queue.pop() => Some(invocation),
            };
            drop(idle);
            match invocation.map(|invocation| self.hand_over(invocation)) {
                Some(Some(handover)) => return Some(handover),
                // The process has no work to come, and may not be told anything else.
                None => pending().await,
                Some(None) => {}
            }
        }
    }

    fn hand_over(self: &Arc<Self>, invocation: Invocation) -> Option<Handover> {
        let mut running = self.running();
        if *self.phase.borrow() != Phase::Serving {
            drop(running);
            self.give_back(invocation);
            return None;
        }
        let limit = self.queue.settings.timeout;
        let handover = Handover {
            id: invocation.id.clone(),
            trace: invocation.trace.clone(),
            payload: invocation.payload.clone(),
            deadline: limit,
        };
        let (room, id) = (Arc::downgrade(self), invocation.id.clone());
        let timer = tokio::spawn(async move {
            sleep(limit).await;
            if let Some(room) = room.upgrade() {
                room.time_out(&id, limit);
            }
        });
        self.told.notify(invocation.name);
        *running = Some(Running { invocation, timer: timer.abort_handle() });
        self.occupied.send_replace(true);
        Some(handover)
    }

    /// Answers the running invocation; false when it is not the one with this id.
    pub(super) fn finish(&self, id: Option<&str>, answer: Result<Bytes, InvokeError>) -> bool {
        let Some(invocation) = self.take(id) else { return false };
        self.queue.count(|demand| demand.busy -= 1);
        invocation.answer(answer);
        true
    }

    /// Takes back an invocation that never reached the process.
    pub(super) fn put_back(&self, id: &str) {
        if let Some(invocation) = self.take(Some(id)) {
            self.give_back(invocation);
        }
    }

    fn give_back(&self, invocation: Invocation) {
        self.queue.count(|demand| demand.busy -= 1);
        self.queue.put_back(invocation);
    }

    fn take(&self, id: Option<&str>) -> Option<Invocation> {
        let mut running = self.running();
        let Running { invocation, timer } =
            running.take_if(|running| id.is_none_or(|id| running.invocation.id == id))?;
        timer.abort();
        self.told.notify(None);
        self.occupied.send_replace(false);
        Some(invocation)
    }

    fn time_out(&self, id: &str, after: Duration) {
        if self.finish(Some(id), Err(InvokeError::timed_out(after))) {
            self.end(Status::TimedOut);
        }
    }

    /// Notes a final status; the first one stays.
    pub(super) fn end(&self, last: Status) {
        self.stop(Phase::Draining);
        self.status.send_if_modified(|status| {
            let open = matches!(status, Status::Starting | Status::Ready);
            if open {
                *status = last;
            }
            open
        });
    }

    /// Waits until nothing runs.
    pub(super) async fn empty(&self) {
        // The sender is here, so the wait cannot fail.
        let _ = self.occupied.subscribe().wait_for(|occupied| !occupied).await;
    }

    /// Stops the work; under the lock, so that no hand-over is half done.
    pub(super) fn stop(&self, phase: Phase) {
        let _running = self.running();
        self.phase.send_if_modified(|now| {
            let later = (*now as u8) < (phase as u8);
            if later {
                *now = phase;
            }
            later
        });
    }

    /// Whether an extension wants to know of the shutdown; `None` for an unknown identifier.
    pub(super) fn wants_shutdown(&self, identifier: &str) -> Option<bool> {
        self.extensions().get(identifier).copied()
    }

    pub(super) fn extensions(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.extensions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An environment that waits is counted for exactly as long as it waits.
struct Idle<'a>(&'a Queue);

impl<'a> Idle<'a> {
    fn new(queue: &'a Queue) -> Self {
        queue.count(|demand| demand.idle += 1);
        Self(queue)
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.count(|demand| demand.idle -= 1);
    }
}

/// Who is told which invocation the process has.
#[derive(Default)]
pub(super) struct InvocationCallback(pub(super) Option<Box<dyn Fn(Option<Id>) + Send + Sync>>);

impl InvocationCallback {
    pub(super) fn notify(&self, invocation: Option<Id>) {
        if let Some(told) = &self.0 {
            told(invocation);
        }
    }
}

impl fmt::Debug for InvocationCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "InvocationCallback(set)"
        } else {
            "InvocationCallback(unset)"
        })
    }
}

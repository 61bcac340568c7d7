//! The state of one process: the invocation that it runs, its timeout, its status. Between queue and
//! Runtime API.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use super::queue::{Invocation, Queue};
use crate::{Id, InvokeError, sync};

/// The status of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The process has not asked for an invocation yet.
    #[default]
    Starting,
    /// The process has asked for its first invocation.
    Ready,
    /// The process reported that it cannot start. It gets no work. This status is final.
    InitFailed {
        /// The `errorType` that the process reported.
        kind: String,
        /// The `errorMessage` that the process reported.
        message: String,
    },
    /// An invocation exceeded the function's timeout and has failed. The process gets no more work, and
    /// its supervisor has to kill it, as Lambda does. This status is final.
    TimedOut,
}

/// Whether a process gets work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Serving,
    /// It finishes the running invocation and gets no other.
    Draining,
    /// It runs nothing, and its extensions get SHUTDOWN.
    Shutdown,
}

/// The state that all Runtime API connections of a process share.
#[derive(Debug)]
pub(super) struct ProcessState {
    pub(super) queue: Arc<Queue>,
    running: Mutex<Option<Running>>,
    /// Called under the lock of `running`, so in the order of its changes.
    callback: InvocationCallback,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) status: watch::Sender<Status>,
    /// Counts the calls of `next`: only the latest one gets an invocation.
    next_calls: watch::Sender<u64>,
    busy: watch::Sender<bool>,
    /// The extensions by identifier, and whether each registered for SHUTDOWN.
    extensions: Mutex<HashMap<String, bool>>,
}

#[derive(Debug)]
struct Running {
    invocation: Invocation,
    timer: AbortHandle,
}

/// An invocation as the process receives it.
pub(super) struct NextInvocation {
    pub(super) id: String,
    pub(super) trace: String,
    pub(super) payload: Bytes,
    pub(super) deadline: Duration,
}

impl ProcessState {
    pub(super) fn new(queue: Arc<Queue>, callback: InvocationCallback) -> Self {
        Self {
            queue,
            running: Mutex::default(),
            callback,
            phase: watch::Sender::default(),
            status: watch::Sender::default(),
            next_calls: watch::Sender::default(),
            busy: watch::Sender::default(),
            extensions: Mutex::default(),
        }
    }

    /// Waits for the next invocation; forever while the process drains. `None` when a later call replaced
    /// this one, whose client has gone.
    pub(super) async fn next(self: &Arc<Self>) -> Option<NextInvocation> {
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
        let mut call_number = 0;
        self.next_calls.send_modify(|next_calls| {
            *next_calls += 1;
            call_number = *next_calls;
        });
        let (mut next_calls, mut phase) = (self.next_calls.subscribe(), self.phase.subscribe());
        loop {
            let idle = Idle::new(&self.queue);
            let invocation = tokio::select! {
                biased;
                _ = next_calls.wait_for(|next_calls| *next_calls != call_number) => return None,
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => None,
                invocation = self.queue.pop() => Some(invocation),
            };
            drop(idle);
            match invocation.map(|invocation| self.assign(invocation)) {
                Some(Some(next)) => return Some(next),
                // The process gets no more work, and the Runtime API
                // has no response that says so.
                None => pending().await,
                Some(None) => {}
            }
        }
    }

    fn assign(self: &Arc<Self>, invocation: Invocation) -> Option<NextInvocation> {
        let mut running = self.running();
        if *self.phase.borrow() != Phase::Serving {
            drop(running);
            self.requeue(invocation);
            return None;
        }
        let limit = self.queue.settings.timeout;
        let next = NextInvocation {
            id: invocation.id.clone(),
            trace: invocation.trace.clone(),
            payload: invocation.payload.clone(),
            deadline: limit,
        };
        let (process, id) = (Arc::downgrade(self), invocation.id.clone());
        let timer = tokio::spawn(async move {
            sleep(limit).await;
            if let Some(process) = process.upgrade() {
                process.time_out(&id, limit);
            }
        });
        self.callback.notify(invocation.gateway_id);
        *running = Some(Running { invocation, timer: timer.abort_handle() });
        self.busy.send_replace(true);
        Some(next)
    }

    /// Completes the running invocation. False if its id is not this one.
    pub(super) fn finish(&self, id: Option<&str>, result: Result<Bytes, InvokeError>) -> bool {
        let Some(invocation) = self.take(id) else { return false };
        self.queue.count(|demand| demand.busy -= 1);
        invocation.respond(result);
        true
    }

    /// Returns an invocation that never reached the process to the queue.
    pub(super) fn put_back(&self, id: &str) {
        if let Some(invocation) = self.take(Some(id)) {
            self.requeue(invocation);
        }
    }

    fn requeue(&self, invocation: Invocation) {
        self.queue.count(|demand| demand.busy -= 1);
        self.queue.put_back(invocation);
    }

    fn take(&self, id: Option<&str>) -> Option<Invocation> {
        let mut running = self.running();
        let Running { invocation, timer } =
            running.take_if(|running| id.is_none_or(|id| running.invocation.id == id))?;
        timer.abort();
        self.callback.notify(None);
        self.busy.send_replace(false);
        Some(invocation)
    }

    fn time_out(&self, id: &str, after: Duration) {
        if self.finish(Some(id), Err(InvokeError::timed_out(after))) {
            self.set_final_status(Status::TimedOut);
        }
    }

    /// Sets a final status, unless there is one.
    pub(super) fn set_final_status(&self, last: Status) {
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
    pub(super) async fn finished(&self) {
        // `self` owns the sender, so the wait cannot fail.
        let _ = self.busy.subscribe().wait_for(|busy| !busy).await;
    }

    /// Moves to a later phase. Holds the lock, so that no assignment is half done.
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

    /// Whether an extension registered for SHUTDOWN. `None` for an unknown identifier.
    pub(super) fn wants_shutdown(&self, identifier: &str) -> Option<bool> {
        self.extensions().get(identifier).copied()
    }

    pub(super) fn extensions(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        sync::lock(&self.extensions)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        sync::lock(&self.running)
    }
}

/// Counts an idle environment while it waits.
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

/// Called with the invocation that the process has.
#[derive(Default)]
pub(super) struct InvocationCallback(pub(super) Option<Box<dyn Fn(Option<Id>) + Send + Sync>>);

impl InvocationCallback {
    pub(super) fn notify(&self, invocation: Option<Id>) {
        if let Some(callback) = &self.0 {
            callback(invocation);
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

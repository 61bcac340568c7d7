//! The queue of invocations that wait for an execution environment, and the demand for environments.
//! [`Function`](super::Function) fills it, the processes empty it.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use lift_event::limits;
use lift_local::HostNames;
use tokio::{
    sync::{Notify, oneshot, watch},
    time::timeout,
};

use crate::{Id, InvokeError, id, sync};

/// The configuration of a function. Build it with `..FunctionSettings::default()`: later versions add
/// fields.
#[derive(Clone, Debug)]
pub struct FunctionSettings {
    /// The function's name.
    pub name: String,
    /// How long one invocation may run.
    pub timeout: Duration,
    /// The Region in the function's ARN.
    pub region: String,
    /// The account in the function's ARN, 12 digits.
    pub account: String,
    /// How many invocations may wait. A further one fails with [`InvokeError::is_unavailable`].
    pub queue: usize,
    /// How long an invocation may wait before it fails with [`InvokeError::is_unavailable`]. The default
    /// is a little longer than API Gateway's integration timeout, so that no invocation starts after
    /// its client got an error.
    pub max_wait: Duration,
    /// The host names under which processes may call the Runtime API, beside localhost, addresses and the
    /// names that Docker, Podman and Lima give to the host.
    pub allowed_hosts: HostNames,
}

impl Default for FunctionSettings {
    /// The name `lift`, Lambda's default timeout of 3 seconds, and 1,000 places in the queue.
    fn default() -> Self {
        Self {
            name: "lift".to_owned(),
            timeout: limits::FUNCTION_TIMEOUT,
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            queue: 1000,
            max_wait: Duration::from_secs(30),
            allowed_hosts: HostNames::default(),
        }
    }
}

/// The demand for environments, from which a supervisor decides whether to start another one.
///
/// An environment is neither idle nor busy before its first `next`, and for a moment between its
/// response and the `next` after it; so compare `waiting` with the environments that are not busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The invocations that no environment has taken yet.
    pub waiting: usize,
    /// The environments that wait for an invocation.
    pub idle: usize,
    /// The environments that run one.
    pub busy: usize,
}

/// An event that waits for a process or runs in one.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    /// The invocation's id in [`GatewayEventKind`](crate::GatewayEventKind).
    pub(super) gateway_id: Option<Id>,
    pub(super) trace: String,
    pub(super) payload: Bytes,
    response: oneshot::Sender<Result<Bytes, InvokeError>>,
}

impl Invocation {
    pub(super) fn respond(self, result: Result<Bytes, InvokeError>) {
        // The caller may have given up.
        let _ = self.response.send(result);
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) settings: FunctionSettings,
    waiting: Mutex<VecDeque<Invocation>>,
    arrived: Notify,
    demand: watch::Sender<Demand>,
}

impl Queue {
    pub(super) fn new(settings: FunctionSettings) -> Self {
        Self {
            settings,
            waiting: Mutex::default(),
            arrived: Notify::new(),
            demand: watch::Sender::default(),
        }
    }

    pub(super) fn demand(&self) -> watch::Receiver<Demand> {
        self.demand.subscribe()
    }

    /// Queues an event and waits for its reply.
    pub(super) async fn run(
        &self,
        gateway_id: Option<Id>,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let (sender, mut receiver) = oneshot::channel();
        let (id, trace) = (id::uuid(), id::trace());
        let invocation = Invocation { id, gateway_id, trace, payload, response: sender };
        let queued = RemoveOnDrop { queue: self, id: invocation.id.clone() };
        self.push(invocation)?;
        let max_wait = self.settings.max_wait;
        let result = match timeout(max_wait, &mut receiver).await {
            Ok(result) => result,
            Err(_) if self.withdraw(&queued.id) => return Err(InvokeError::unavailable()),
            Err(_) => receiver.await,
        };
        // The sender was dropped with its environment.
        result.unwrap_or(Err(InvokeError::exited()))
    }

    /// Fails every invocation that waits.
    pub(super) fn fail_waiting(&self, error: &InvokeError) {
        let mut waiting = self.waiting();
        let failed = std::mem::take(&mut *waiting);
        self.count(|demand| demand.waiting = 0);
        drop(waiting);
        for invocation in failed {
            invocation.respond(Err(error.clone()));
        }
    }

    fn push(&self, invocation: Invocation) -> Result<(), InvokeError> {
        let mut waiting = self.waiting();
        if waiting.len() >= self.settings.queue {
            return Err(InvokeError::unavailable());
        }
        waiting.push_back(invocation);
        self.announce(waiting);
        Ok(())
    }

    /// Takes the next invocation. Cancel safe: the invocation is in the queue or returned.
    pub(super) async fn pop(&self) -> Invocation {
        loop {
            // Register before `try_pop`, so that no arrival between it and the wait is missed, even
            // when two invocations arrive at once for two environments.
            let mut arrived = pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if let Some(invocation) = self.try_pop() {
                return invocation;
            }
            arrived.await;
        }
    }

    fn try_pop(&self) -> Option<Invocation> {
        let mut waiting = self.waiting();
        let invocation = waiting.pop_front()?;
        self.count(|demand| {
            demand.waiting = waiting.len();
            demand.busy += 1;
        });
        Some(invocation)
    }

    /// Returns an invocation that its process never received to the front.
    pub(super) fn put_back(&self, invocation: Invocation) {
        let mut waiting = self.waiting();
        waiting.push_front(invocation);
        self.announce(waiting);
    }

    /// Removes an invocation. False if an environment has taken it.
    fn withdraw(&self, id: &str) -> bool {
        let mut waiting = self.waiting();
        let Some(position) = waiting.iter().position(|invocation| invocation.id == id) else {
            return false;
        };
        waiting.remove(position);
        self.count(|demand| demand.waiting = waiting.len());
        true
    }

    fn announce(&self, waiting: MutexGuard<'_, VecDeque<Invocation>>) {
        self.count(|demand| demand.waiting = waiting.len());
        drop(waiting);
        self.arrived.notify_one();
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Demand)) {
        self.demand.send_modify(change);
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Invocation>> {
        sync::lock(&self.waiting)
    }

    /// The function's ARN.
    pub(super) fn arn(&self) -> String {
        let FunctionSettings { name, region, account, .. } = &self.settings;
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }
}

/// Removes an invocation from the queue when its caller is dropped.
struct RemoveOnDrop<'a> {
    queue: &'a Queue,
    id: String,
}

impl Drop for RemoveOnDrop<'_> {
    fn drop(&mut self) {
        self.queue.withdraw(&self.id);
    }
}

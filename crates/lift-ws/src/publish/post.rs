//! One connection of a send: its endpoint, the post, and the retries.

use std::{
    mem,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use lift_event::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Failure, Outcome, Recipient,
    context::SendContext,
    retry::back_off,
    target::TenantScope,
    window::{THROTTLED_SHARE, Totals, Window},
};
use crate::{
    ConnectionId,
    call::Services,
    error::chain::Chain,
    push::{Endpoint, PushError, PushErrorKind},
    store::StoreError,
};

/// How long one attempt may take. A [`Push`](crate::push::Push) may wait minutes for a peer that does not answer;
/// that of lift-aws has its own, shorter limit.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many attempts a throttled post gets while others are throttled too: about 2 s with the pauses.
const THROTTLED_ATTEMPTS: u32 = 8;

/// How many attempts a throttled post gets while no other is throttled: about 0.4 s with the pauses.
const THROTTLED_ALONE_ATTEMPTS: u32 = 5;

/// After this many throttles in a row, while other posts are accepted, the client is a slow reader.
const SLOW_READER_ATTEMPTS: u32 = 3;

/// How often a failed post is retried. Not more often, because it may have arrived.
const FAILED_RETRIES: u32 = 2;

/// How old a connection must be before a 410 means that it ended. A younger one may still be in its
/// handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(60);

/// What a send does to each connection.
pub(super) enum Operation {
    Post(Bytes),
    Close,
}

/// Why a send stops early for all connections.
pub(super) enum StopCause {
    Forbidden,
    Store(StoreError),
}

/// The result for one connection.
pub(super) struct PostResult {
    pub(super) outcome: Outcome,
    /// Whether a resumed send leaves the connection out.
    pub(super) finished: bool,
}

impl PostResult {
    /// The connection is tried again when the send is resumed.
    fn unfinished(outcome: Outcome) -> Self {
        Self { outcome, finished: false }
    }
}

impl From<Outcome> for PostResult {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, finished: outcome != Outcome::Skipped }
    }
}

/// Makes the posts of one send.
pub(super) struct Poster<'a> {
    context: &'a SendContext,
    scope: Option<&'a TenantScope>,
    operation: Operation,
    window: Window,
    stop_at: Instant,
    stopped: OnceLock<StopCause>,
    /// The first failure of each kind.
    failures: Mutex<Vec<(PushErrorKind, Failure)>>,
}

impl<'a> Poster<'a> {
    pub(super) fn new(
        context: &'a SendContext,
        scope: Option<&'a TenantScope>,
        operation: Operation,
        concurrency: usize,
    ) -> Self {
        let (window, stop_at) = (Window::new(concurrency), context.stop_at());
        Self {
            context,
            scope,
            operation,
            window,
            stop_at,
            stopped: OnceLock::new(),
            failures: Mutex::default(),
        }
    }

    /// Posts to a connection, or closes it, with retries.
    pub(super) async fn post(&self, to: &Recipient) -> PostResult {
        if self.is_over() {
            return Outcome::Skipped.into();
        }
        // A slow reader can still be closed.
        let posts = matches!(self.operation, Operation::Post(_));
        if posts && self.services().slow.contains(&to.id) {
            return Outcome::Throttled.into();
        }
        match self.context.find_endpoint(&to.id, to.endpoint.as_ref(), self.scope).await {
            Ok(Some(endpoint)) => self.attempts(&endpoint, &to.id).await,
            Ok(None) => Outcome::Gone.into(),
            Err(error) => {
                self.stop_by_store(error);
                Outcome::Skipped.into()
            }
        }
    }

    async fn attempts(&self, endpoint: &Endpoint, id: &ConnectionId) -> PostResult {
        let before = self.window.totals();
        let (mut throttles, mut failures) = (0, 0);
        // The outcome if time runs out before the next attempt.
        let mut last = Outcome::Skipped;
        loop {
            let permit = timeout_at(self.stop_at, self.window.acquire()).await.ok();
            let Some(permit) = permit.filter(|_| !self.is_over()) else {
                return PostResult::unfinished(last);
            };
            let end = self.stop_at.min(Instant::now() + ATTEMPT_TIMEOUT);
            let error = match timeout_at(end, self.attempt(endpoint, id)).await {
                Ok(Ok(())) => {
                    permit.accepted();
                    return Outcome::Sent.into();
                }
                Ok(Err(error)) => error,
                // It was in flight, so it may have arrived.
                Err(_) if end == self.stop_at => {
                    let late =
                        PushError::failed("the time of the send was over before the response");
                    self.remember(endpoint, id, &late);
                    return PostResult::unfinished(Outcome::Failed);
                }
                Err(elapsed) => PushError::failed(elapsed),
            };
            if error.is_gone() {
                permit.accepted();
                drop(permit);
                self.remove_gone(id).await;
                return Outcome::Gone.into();
            }
            if error.is_forbidden() {
                self.log(endpoint, id, &error);
                self.stop(StopCause::Forbidden);
                return PostResult::unfinished(Outcome::Failed);
            }
            let pause = if error.is_throttled() {
                permit.throttled(id);
                throttles += 1;
                last = Outcome::Throttled;
                if self.gives_up(id, before, throttles) {
                    self.remember(endpoint, id, &error);
                    return last.into();
                }
                back_off(throttles)
            } else {
                failures += 1;
                last = Outcome::Failed;
                if failures > FAILED_RETRIES || !error.is_retryable() {
                    self.log(endpoint, id, &error);
                    return last.into();
                }
                back_off(failures)
            };
            drop(permit);
            sleep(pause.min(self.stop_at.saturating_duration_since(Instant::now()))).await;
        }
    }

    async fn attempt(&self, to: &Endpoint, id: &ConnectionId) -> Result<(), PushError> {
        let push = &self.services().push;
        match &self.operation {
            Operation::Post(data) => push.post(to, id, data.clone()).await,
            Operation::Close => push.close(to, id).await,
        }
    }

    /// Whether a throttled post is not retried. If other posts were accepted meanwhile, the client reads too
    /// slowly, and the account is not over its rate.
    fn gives_up(&self, id: &ConnectionId, before: Totals, throttles: u32) -> bool {
        let now = self.window.totals();
        let accepted = now.accepted - before.accepted;
        let others = (now.throttled - before.throttled).saturating_sub(throttles.into());
        let slow = throttles >= SLOW_READER_ATTEMPTS
            && accepted > 0
            && accepted >= others * THROTTLED_SHARE;
        if slow {
            self.services().slow.insert(id);
        }
        let max_attempts = if others == 0 { THROTTLED_ALONE_ATTEMPTS } else { THROTTLED_ATTEMPTS };
        slow || throttles >= max_attempts
    }

    /// Removes the row of a connection that is gone, as its `$disconnect` would have. The store keeps the
    /// row of a connection that is too young to be sure.
    async fn remove_gone(&self, id: &ConnectionId) {
        let services = self.services();
        services.forget(id.as_str());
        let opened_before = Timestamp::now() - HANDSHAKE_TIME;
        let removed = services.store.remove_gone(id, opened_before);
        if let Ok(Err(error)) = timeout_at(self.stop_at, removed).await {
            tracing::warn!(
                error = error.to_string(),
                "the row of a gone connection could not be removed"
            );
        }
    }

    /// Whether no more posts are made: the time is over, or the send was stopped.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.stop_at || self.stopped.get().is_some()
    }

    pub(super) fn stop_at(&self) -> Instant {
        self.stop_at
    }

    /// Stops the send. The first cause is kept.
    pub(super) fn stop(&self, cause: StopCause) {
        let _ = self.stopped.set(cause);
    }

    /// Stops the send because the store failed, unless it failed only because the time was over.
    pub(super) fn stop_by_store(&self, error: StoreError) {
        if Instant::now() < self.stop_at {
            self.stop(StopCause::Store(error));
        }
    }

    fn log(&self, to: &Endpoint, id: &ConnectionId, error: &PushError) {
        let endpoint = error.posted_to().unwrap_or(to).as_str();
        let cause = error.cause_text();
        tracing::warn!(endpoint, error = error.to_string(), cause, "a post failed");
        self.remember(to, id, error);
    }

    /// Keeps the first failure of each kind, for the report.
    fn remember(&self, to: &Endpoint, id: &ConnectionId, error: &PushError) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.iter().any(|(kind, _)| error.is_like(kind)) {
            return;
        }
        let endpoint = error.posted_to().unwrap_or(to).clone();
        let advice = error.advice().map(|advice| format!(": {advice}")).unwrap_or_default();
        let reason = format!("{}{advice}", Chain(error));
        let failure = Failure { connection: id.clone(), endpoint, reason };
        failures.push((error.kind().clone(), failure));
    }

    /// Takes the first failure of each kind.
    pub(super) fn take_failures(&self) -> Vec<Failure> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *failures).into_iter().map(|(_, failure)| failure).collect()
    }

    pub(super) fn into_stop_cause(self) -> Option<StopCause> {
        self.stopped.into_inner()
    }

    fn services(&self) -> &Services {
        &self.context.services
    }
}

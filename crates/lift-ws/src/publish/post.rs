//! One connection: where it is, the post, and trying again.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Outcome, Recipient,
    fate::Fate,
    pace::{SHARE, Tally},
    patience::pause,
    send::{Act, Send, Stop},
};
use crate::{ConnectionId, Endpoint, PushError, clock::epoch_millis};

/// How long a post may take, whoever makes it. One to a half-dead peer may hang for minutes.
const POST: Duration = Duration::from_secs(5);

/// How often a post is tried while others are throttled too: some 2 s with the pauses.
const ATTEMPTS: u32 = 8;

/// How often a post is tried that alone is throttled: some 0.4 s with the pauses.
const ALONE: u32 = 5;

/// After so many throttles in a row, while others' posts pass, a client reads too slowly.
const SLOW: u32 = 3;

/// How often a post that failed is tried again: it may have arrived.
const RETRIES: u32 = 2;

/// A 410 proves nothing before a connection is this old, in milliseconds: the handshake may be open.
const HANDSHAKE_MILLIS: u64 = 60_000;

impl Send<'_> {
    pub(super) async fn one(&self, to: &Recipient) -> Fate {
        if self.is_over() {
            return Outcome::Skipped.into();
        }
        // Closing one that reads too slowly is no burden to it.
        if matches!(self.act, Act::Post(_)) && self.services().slow.has(&to.id) {
            return Outcome::Throttled.into();
        }
        let (publisher, given) = (self.publisher, to.endpoint.as_ref());
        let endpoint = match publisher.find_endpoint(&to.id, given, self.who.within()).await {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => return Outcome::Gone.into(),
            Err(error) => {
                self.fail(error);
                return Outcome::Skipped.into();
            }
        };
        let before = self.pace.tally();
        let (mut throttles, mut failures) = (0, 0);
        // What it is when the time is over before the next try.
        let mut so_far = Outcome::Skipped;
        loop {
            let turn = timeout_at(self.stop_at, self.pace.turn()).await.ok();
            let Some(turn) = turn.filter(|_| !self.is_over()) else { return Fate::open(so_far) };
            let end = self.stop_at.min(Instant::now() + POST);
            let error = match timeout_at(end, self.act(&endpoint, &to.id)).await {
                Ok(Ok(())) => {
                    turn.passed();
                    return Outcome::Sent.into();
                }
                Ok(Err(error)) => error,
                // It was under way, so it may have arrived.
                Err(_) if end == self.stop_at => return Fate::open(Outcome::Failed),
                Err(late) => PushError::failed(late),
            };
            if error.is_gone() {
                turn.passed();
                drop(turn);
                self.gone(&to.id).await;
                return Outcome::Gone.into();
            }
            if error.is_forbidden() {
                log(&error);
                self.stop(Stop::Forbidden);
                return Fate::open(Outcome::Failed);
            }
            let pause = if error.is_throttled() {
                turn.throttled(&to.id);
                throttles += 1;
                so_far = Outcome::Throttled;
                if self.gives_up(&to.id, before, throttles) {
                    return so_far.into();
                }
                pause(throttles)
            } else {
                failures += 1;
                so_far = Outcome::Failed;
                if failures > RETRIES || !error.may_pass() {
                    log(&error);
                    return so_far.into();
                }
                pause(failures)
            };
            drop(turn);
            sleep(pause.min(self.stop_at.saturating_duration_since(Instant::now()))).await;
        }
    }

    async fn act(&self, to: &Endpoint, id: &ConnectionId) -> Result<(), PushError> {
        let push = &self.services().push;
        match &self.act {
            Act::Post(data) => push.post(to, id, data.clone()).await,
            Act::Close => push.close(to, id).await,
        }
    }

    /// Whether a throttled post is not tried again. When others' pass meanwhile, it is the client, not the
    /// account, that it is throttled for.
    fn gives_up(&self, id: &ConnectionId, before: Tally, throttles: u32) -> bool {
        let now = self.pace.tally();
        let passed = now.passed - before.passed;
        let others = (now.throttled - before.throttled).saturating_sub(throttles.into());
        let slow = throttles >= SLOW && passed > 0 && passed >= others * SHARE;
        if slow {
            self.services().slow.note(id);
        }
        slow || throttles >= if others == 0 { ALONE } else { ATTEMPTS }
    }

    /// Takes a 410 for a lost `$disconnect`, unless the connection is too young to tell.
    async fn gone(&self, id: &ConnectionId) {
        let services = self.services();
        services.forget(id.as_str());
        let opened_before = epoch_millis().saturating_sub(HANDSHAKE_MILLIS);
        let removed = services.store.remove_gone(id, opened_before);
        if let Ok(Err(error)) = timeout_at(self.stop_at, removed).await {
            tracing::warn!(%error, "the row of a gone connection stays");
        }
    }
}

fn log(error: &PushError) {
    tracing::warn!(%error, cause = error.cause_text(), "a post failed");
}

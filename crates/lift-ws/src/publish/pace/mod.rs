//! How many posts of a send are under way at once: additive increase, multiplicative decrease.
//!
//! API Gateway answers 429 when the account is over its rate, and also for one client that reads too
//! slowly ([R-6.17]). Only the first is a reason to slow down, and it shows on many
//! connections at once. A send has a pace of its own: what an earlier one learned may be minutes old in
//! an environment that was frozen, and is learned again within a round trip.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::Semaphore, time::Instant};

use crate::ConnectionId;

/// The account is over its rate when more than one in so many posts is throttled.
pub(super) const SHARE: u64 = 8;

/// Judging by fewer answers would take chance for a reason: a narrow window would narrow for ever.
const LEAST_ROUND: usize = 64;

pub(super) struct Pace {
    turns: Semaphore,
    state: Mutex<State>,
}

struct State {
    most: f64,
    /// How many may be under way.
    window: f64,
    /// How many turns there are, free or taken. More than the window until those taken come back.
    turns: usize,
    /// The answers of this round, which is over after as many as [`State::round`] says.
    answers: usize,
    /// Who was throttled in this round.
    throttled: Vec<ConnectionId>,
    narrowed: Option<Instant>,
    tally: Tally,
}

/// What a send's posts were answered so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) throttled: u64,
}

/// The right to one post. Dropping it gives it back.
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    since: Instant,
}

impl Pace {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        let window = most as f64;
        let state = State {
            most: window,
            window,
            turns: most,
            answers: 0,
            throttled: Vec::new(),
            narrowed: None,
            tally: Tally::default(),
        };
        Self { turns: Semaphore::new(most), state: Mutex::new(state) }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Turn<'_> {
        // The semaphore is never closed.
        if let Ok(permit) = self.turns.acquire().await {
            permit.forget();
        }
        Turn { pace: self, since: Instant::now() }
    }

    pub(super) fn tally(&self) -> Tally {
        self.state().tally
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The gateway did what it was asked, or found nobody there. What failed says nothing of the pace.
    pub(super) fn passed(&self) {
        let mut state = self.pace.state();
        state.tally.passed += 1;
        state.window = (state.window + 1.0 / state.window).min(state.most);
        let target = state.target();
        self.pace.turns.add_permits(target.saturating_sub(state.turns));
        state.turns = state.turns.max(target);
        state.answer();
    }

    /// The gateway was too busy, or the client too slow.
    pub(super) fn throttled(&self, id: &ConnectionId) {
        let mut state = self.pace.state();
        state.tally.throttled += 1;
        // This post was under way when the window was narrowed, and says nothing of the new one.
        if state.narrowed.is_some_and(|narrowed| self.since <= narrowed) {
            return;
        }
        if !state.throttled.contains(id) {
            state.throttled.push(id.clone());
        }
        if state.throttled.len() >= state.round() / SHARE as usize {
            state.window = (state.window / 2.0).max(1.0);
            state.narrowed = Some(Instant::now());
            state.answers = 0;
            state.throttled.clear();
            let surplus = state.turns - state.target();
            state.turns -= self.pace.turns.forget_permits(surplus);
        } else {
            state.answer();
        }
    }
}

impl State {
    /// The window in whole turns.
    fn target(&self) -> usize {
        self.window as usize
    }

    /// How many answers are judged together: those of a whole window, if that is enough.
    fn round(&self) -> usize {
        self.target().max(LEAST_ROUND)
    }

    fn answer(&mut self) {
        self.answers += 1;
        if self.answers >= self.round() {
            self.answers = 0;
            self.throttled.clear();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if state.turns > state.target() {
            state.turns -= 1;
        } else {
            self.pace.turns.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests;

//! The window of a send: how many posts are in flight at once. Additive increase, multiplicative decrease.
//!
//! API Gateway responds with 429 when the account is over its rate, and also for one client that reads too
//! slowly ([R-6.17]). Only the first is a reason to slow down, and it shows on many
//! connections at once. Each send has its own window: an earlier one may be minutes old in an execution
//! environment that was frozen, and the right size is found again within a round trip.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::Semaphore, time::Instant};

use crate::ConnectionId;

/// The account is over its rate when more than one in this many posts is throttled.
pub(super) const THROTTLED_SHARE: u64 = 8;

/// The minimum number of responses of a round. With fewer, single throttled posts would keep a small
/// window small.
const MIN_ROUND: usize = 64;

pub(super) struct Window {
    permits: Semaphore,
    state: Mutex<State>,
}

struct State {
    max_size: f64,
    size: f64,
    /// How many permits exist, available or taken. More than `size` after the window was narrowed, until
    /// the surplus ones are dropped.
    permits: usize,
    /// The responses of the current round, which ends after [`State::round`] of them.
    answers: usize,
    /// The connections throttled in the current round.
    throttled: Vec<ConnectionId>,
    narrowed_at: Option<Instant>,
    totals: Totals,
}

/// What the responses to the posts of a send were so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) accepted: u64,
    pub(super) throttled: u64,
}

/// The right to make one post. Dropping it returns it to the window.
pub(super) struct Permit<'a> {
    window: &'a Window,
    since: Instant,
}

impl Window {
    pub(super) fn new(max_size: usize) -> Self {
        let permits = max_size.max(1);
        let size = permits as f64;
        let state = State {
            max_size: size,
            size,
            permits,
            answers: 0,
            throttled: Vec::new(),
            narrowed_at: None,
            totals: Totals::default(),
        };
        Self { permits: Semaphore::new(permits), state: Mutex::new(state) }
    }

    /// Waits until a post may be made.
    pub(super) async fn acquire(&self) -> Permit<'_> {
        // The semaphore is never closed.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        Permit { window: self, since: Instant::now() }
    }

    pub(super) fn totals(&self) -> Totals {
        self.state().totals
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Records that API Gateway accepted the post, or that the connection is gone. A post that failed for
    /// another reason says nothing about the rate.
    pub(super) fn accepted(&self) {
        let mut state = self.window.state();
        state.totals.accepted += 1;
        state.size = (state.size + 1.0 / state.size).min(state.max_size);
        let size = state.whole_size();
        self.window.permits.add_permits(size.saturating_sub(state.permits));
        state.permits = state.permits.max(size);
        state.count_answer();
    }

    /// Records that the post was throttled: the account is over its rate, or the client reads too slowly.
    pub(super) fn throttled(&self, id: &ConnectionId) {
        let mut state = self.window.state();
        state.totals.throttled += 1;
        // A post that was in flight when the window was narrowed says nothing about the new size.
        if state.narrowed_at.is_some_and(|narrowed_at| self.since <= narrowed_at) {
            return;
        }
        if !state.throttled.contains(id) {
            state.throttled.push(id.clone());
        }
        if state.throttled.len() >= state.round() / THROTTLED_SHARE as usize {
            state.size = (state.size / 2.0).max(1.0);
            state.narrowed_at = Some(Instant::now());
            state.answers = 0;
            state.throttled.clear();
            let surplus = state.permits - state.whole_size();
            state.permits -= self.window.permits.forget_permits(surplus);
        } else {
            state.count_answer();
        }
    }
}

impl State {
    /// The size in whole posts.
    fn whole_size(&self) -> usize {
        self.size as usize
    }

    /// How many responses are evaluated together: those of a whole window, if these are enough.
    fn round(&self) -> usize {
        self.whole_size().max(MIN_ROUND)
    }

    fn count_answer(&mut self) {
        self.answers += 1;
        if self.answers >= self.round() {
            self.answers = 0;
            self.throttled.clear();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.window.state();
        if state.permits > state.whole_size() {
            state.permits -= 1;
        } else {
            self.window.permits.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::time::{advance, timeout};

    use super::*;

    fn size(window: &Window) -> usize {
        window.state().whole_size()
    }

    fn id(n: usize) -> ConnectionId {
        format!("connection-{n}").into()
    }

    async fn round_trip(window: &Window, throttled: impl Fn(usize) -> bool) {
        let mut permits = Vec::new();
        for _ in 0..size(window) {
            permits.push(window.acquire().await);
        }
        advance(Duration::from_millis(15)).await;
        for (n, permit) in permits.iter().enumerate() {
            if throttled(n) { permit.throttled(&id(n)) } else { permit.accepted() }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn halves_once_a_round_trip_and_grows_again() {
        let window = Window::new(64);
        round_trip(&window, |_| true).await;
        assert_eq!(size(&window), 32, "64 throttles of one round trip count as one");
        advance(Duration::from_millis(1)).await;
        round_trip(&window, |n| n % 4 == 0).await;
        assert!((16..24).contains(&size(&window)), "{}", size(&window));
        for n in 0..60 {
            // A different connection each time, as when the account is over its rate.
            let permit = window.acquire().await;
            advance(Duration::from_millis(1)).await;
            permit.throttled(&id(n));
        }
        assert_eq!(size(&window), 1, "one post is always allowed");
        for _ in 0..80 {
            round_trip(&window, |_| false).await;
        }
        assert_eq!(size(&window), 64, "one more each round trip");
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_slow_readers_do_not_narrow_it() {
        let window = Window::new(64);
        for _ in 0..100 {
            round_trip(&window, |n| n < 7).await;
        }
        assert_eq!(size(&window), 64);
    }

    proptest! {
        /// With any answers: never more permits taken than the maximum, never a size below one, and no
        /// permit is lost or invented.
        #[test]
        fn permits_are_bounded_and_none_is_lost(
            max_size in 1..20_usize,
            steps in prop::collection::vec((0..4_u8, 0..30_usize), 1..200),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let window = Window::new(max_size);
                let mut taken = Vec::new();
                for (step, n) in steps {
                    match step {
                        0 => if window.permits.available_permits() > 0 {
                            taken.push(window.acquire().await);
                        },
                        1 => if let Some(permit) = taken.pop() { permit.accepted() },
                        2 => if let Some(permit) = taken.pop() { permit.throttled(&id(n)) },
                        _ => advance(Duration::from_millis(1)).await,
                    }
                    prop_assert!(taken.len() <= max_size);
                    prop_assert!((1..=max_size).contains(&size(&window)));
                    let available = window.permits.available_permits();
                    prop_assert_eq!(window.state().permits, taken.len() + available);
                }
                taken.clear();
                prop_assert_eq!(window.permits.available_permits(), size(&window));
                let permit = timeout(Duration::from_secs(1), window.acquire()).await;
                prop_assert!(permit.is_ok(), "a permit can always be acquired");
                Ok(())
            })?;
        }
    }
}

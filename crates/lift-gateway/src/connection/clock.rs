//! The clock of one connection: tokio's clock plus an offset, which a server handle can increase.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// Counts a connection's idle time and age.
#[derive(Default)]
pub(crate) struct Clock {
    /// In milliseconds.
    ahead: AtomicU64,
    moved: Notify,
}

impl Clock {
    /// Now, on this clock.
    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.ahead()
    }

    /// The instant of tokio's clock at which this clock shows `due`.
    pub(crate) fn when(&self, due: Instant) -> Instant {
        due - self.ahead()
    }

    /// Moves the clock forward. The offset is at most one day, which is more than any limit.
    pub(crate) fn advance(&self, by: Duration) {
        const DAY: u64 = 24 * 60 * 60 * 1000;
        let by = u64::try_from(by.as_millis()).unwrap_or(DAY).min(DAY);
        let sum = |ahead: u64| Some((ahead + by).min(DAY));
        // The closure always gives a value, so this always succeeds.
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
        self.moved.notify_one();
    }

    /// Resolves when the clock has moved since the last call.
    pub(crate) async fn advanced(&self) {
        self.moved.notified().await;
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }
}

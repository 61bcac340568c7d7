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
    offset_ms: AtomicU64,
    advanced: Notify,
}

impl Clock {
    /// Now, on this clock.
    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.offset()
    }

    /// The instant of tokio's clock at which this clock shows `due`.
    pub(crate) fn to_tokio_instant(&self, due: Instant) -> Instant {
        due - self.offset()
    }

    /// Moves the clock forward. The offset is at most one day, which is more than any limit.
    pub(crate) fn advance(&self, by: Duration) {
        const DAY: u64 = 24 * 60 * 60 * 1000;
        let by = u64::try_from(by.as_millis()).unwrap_or(DAY).min(DAY);
        let sum = |offset_ms: u64| Some((offset_ms + by).min(DAY));
        // The closure always gives a value, so this always succeeds.
        let _ = self.offset_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
        self.advanced.notify_one();
    }

    /// Resolves when the clock has moved since the last call.
    pub(crate) async fn advanced(&self) {
        self.advanced.notified().await;
    }

    fn offset(&self) -> Duration {
        Duration::from_millis(self.offset_ms.load(Ordering::Relaxed))
    }
}

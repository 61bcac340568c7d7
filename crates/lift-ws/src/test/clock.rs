//! The wall clock of a kit, which a test can advance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lift_event::Timestamp;

/// The wall clock of a kit: the system's time plus what it was advanced by. Clones share it.
///
/// ```
/// use std::time::Duration;
/// use lift_ws::{App, test::Kit};
///
/// let kit = Kit::new(App::new());
/// let before = kit.clock().now();
/// kit.clock().advance(Duration::from_secs(600));
/// assert!(kit.clock().now().since(before) >= Duration::from_secs(600));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Advances the clock at once. Timers are not affected: they are tokio's, whose clock can be paused and
    /// advanced too.
    pub fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

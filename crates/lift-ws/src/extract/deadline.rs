//! The time that a handler has.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The moment at which the reply must be out. Lift cancels a handler that still runs 200 ms before it.
///
/// ```
/// use std::time::Duration;
/// use lift_ws::{App, extract::Deadline};
///
/// async fn report(deadline: Deadline) -> &'static str {
///     match deadline.left() > Duration::from_secs(10) {
///         true => "the full report",
///         false => "the short report",
///     }
/// }
/// # let _ = App::new().route("report", report);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline at a moment, for tests of handlers.
    #[must_use]
    pub fn new(at: Instant) -> Self {
        Self(at)
    }

    /// The moment.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The time that is left; zero after the deadline.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

impl<K: CallKind, S: Sync> FromCall<K, S> for Deadline {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self(call.deadline()))
    }
}

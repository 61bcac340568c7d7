//! How long a handler has.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// When the answer must be out. What is still running then is cancelled.
///
/// ```
/// use std::time::Duration;
/// use lift_ws::{App, extract::Deadline};
///
/// async fn report(deadline: Deadline) -> &'static str {
///     match deadline.left() > Duration::from_secs(10) {
///         true => "all of it",
///         false => "the short version",
///     }
/// }
/// # let _ = App::new().route("report", report);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The time that is left; zero once it has passed.
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

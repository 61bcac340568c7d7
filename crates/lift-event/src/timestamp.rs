//! A moment as API Gateway writes it: whole milliseconds since 1970.

use std::{
    fmt,
    ops::{Add, Sub},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// A moment, in whole milliseconds since 1970-01-01 00:00:00 UTC. It has the size and the JSON of a
/// `u64`, and displays as that number.
///
/// ```
/// use lift_event::Timestamp;
/// use std::time::Duration;
///
/// let opened = Timestamp::from_millis(1_795_252_524_410);
/// let now = opened + Duration::from_secs(2);
/// assert_eq!(now.since(opened), Duration::from_secs(2));
/// assert_eq!(now.as_secs(), 1_795_252_526);
/// assert_eq!(now.to_string(), "1795252526410");
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A number of milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The present moment, by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The time that passed since an earlier moment; zero when that moment is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates at the largest number of milliseconds.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

/// Saturates at 1970.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

/// Rounded down to milliseconds; a moment before 1970 becomes 1970.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(millis(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(moment: Timestamp) -> Self {
        // Only a clock with 32-bit seconds cannot hold the sum.
        UNIX_EPOCH.checked_add(Duration::from_millis(moment.0)).unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_time_of_a_timestamp_is_the_same_moment() {
        for millis in [0, 1, 999, 1000, 1_795_252_524_410, u64::from(u32::MAX) * 1_000_000] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(Timestamp::from(SystemTime::from(moment)), moment);
        }
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(1)).as_millis(), 0);
        assert!(Timestamp::now().as_secs() > 1_700_000_000);
    }

    #[test]
    fn sums_and_differences_saturate() {
        let (first, last) = (Timestamp::from_millis(0), Timestamp::from_millis(u64::MAX));
        assert_eq!(first - Duration::from_millis(1), first);
        assert_eq!(last + Duration::MAX, last);
        assert_eq!(first.since(last), Duration::ZERO);
    }

    #[test]
    fn its_json_is_a_number() {
        let moment: Timestamp = serde_json::from_str("1795252524410").unwrap();
        assert_eq!(moment, Timestamp::from_millis(1_795_252_524_410));
        assert_eq!(serde_json::to_string(&moment).unwrap(), "1795252524410");
    }
}

//! How long to wait before a function that died is started again.

use std::time::Duration;

const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(30);

/// Counts deaths in a row: the first restart is immediate, then 1 s, 2 s, 4 s, up to 30 s.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    deaths: u32,
}

impl Backoff {
    /// The wait before the next start, one death later.
    pub(crate) fn next(&mut self) -> Duration {
        let earlier = self.deaths;
        self.deaths = earlier.saturating_add(1);
        match earlier {
            0 => Duration::ZERO,
            n => BASE.saturating_mul(1_u32.checked_shl(n - 1).unwrap_or(u32::MAX)).min(CAP),
        }
    }

    /// A process did its work, so what comes next is not the same trouble.
    pub(crate) fn reset(&mut self) {
        self.deaths = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn grows_to_the_cap_and_starts_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.next().as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100 {
            assert_eq!(backoff.next().as_secs(), 30);
        }
        backoff.reset();
        assert_eq!(backoff.next().as_secs(), 0);
    }
}

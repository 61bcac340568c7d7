//! The number of shards of a list, and how it changes while connections live: readers use the
//! larger number first, writers follow, and rows written under the old number expire ([S-3]).

use lift_ws::store::MAX_CONNECTION_SECONDS;

/// The default. A shard carries 500 connects and disconnects a second.
pub(super) const DEFAULT_SHARDS: u32 = 4;

/// The most shards of a list, because each read of it asks every shard.
const MAX_SHARDS: u32 = 256;

/// How long writers keep the old number after a change, in seconds: longer than a reader may use an
/// old copy of META, with half a minute for clocks that differ.
pub(super) const WRITER_DELAY_SECONDS: u64 = 180;

/// The least time between two changes, in seconds: the second waits until the first has an effect.
const MIN_CHANGE_INTERVAL_SECONDS: u64 = 2 * WRITER_DELAY_SECONDS;

/// How long rows written under the old number may live, in seconds: the longest life of a row, and
/// the time for which writers keep the old number.
const DRAIN_SECONDS: u64 = MAX_CONNECTION_SECONDS + 300 + WRITER_DELAY_SECONDS;

/// A number of shards, the number before it, and the time of the change in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shards {
    pub(super) n: u32,
    pub(super) prev: u32,
    pub(super) since: u64,
}

impl Shards {
    /// A number that never changed.
    pub(super) const fn fixed(n: u32) -> Self {
        Self { n, prev: n, since: 0 }
    }

    /// The number of shards to read.
    pub(super) fn read(self, now: u64) -> u32 {
        let is_drained = now >= self.since + DRAIN_SECONDS;
        if is_drained { self.n } else { self.n.max(self.prev) }
    }

    /// The number of shards to write to. A smaller number takes effect immediately, a larger one only when
    /// every reader knows it.
    pub(super) fn written(self, now: u64) -> u32 {
        let is_known = now >= self.since + WRITER_DELAY_SECONDS;
        if is_known { self.n } else { self.n.min(self.prev) }
    }

    /// Twice the shards; `None` at the limit, and when the last change is too recent.
    pub(super) fn doubled(self, now: u64) -> Option<Self> {
        let may_grow = self.n < MAX_SHARDS && now >= self.since + MIN_CHANGE_INTERVAL_SECONDS;
        may_grow.then(|| Self { n: self.n * 2, prev: self.n, since: now })
    }
}

/// The nearest valid number that is not smaller: a power of two, within limits.
pub(super) fn rounded(n: u32) -> u32 {
    n.clamp(1, MAX_SHARDS).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_use_more_shards_at_once_and_writers_when_all_readers_do() {
        let now = 1_800_000_000;
        let grown = Shards::fixed(4).doubled(now).expect("grows");
        assert_eq!(grown, Shards { n: 8, prev: 4, since: now });
        assert_eq!((grown.read(now), grown.written(now)), (8, 4));
        assert_eq!(grown.written(now + WRITER_DELAY_SECONDS - 1), 4);
        assert_eq!(
            (grown.read(now + WRITER_DELAY_SECONDS), grown.written(now + WRITER_DELAY_SECONDS)),
            (8, 8)
        );
        assert_eq!(grown.read(now + DRAIN_SECONDS), 8);
    }

    #[test]
    fn writers_use_fewer_shards_at_once_and_readers_when_old_rows_have_expired() {
        let now = 1_800_000_000;
        let cut = Shards { n: 2, prev: 8, since: now };
        assert_eq!((cut.read(now), cut.written(now)), (8, 2));
        assert_eq!((cut.read(now + DRAIN_SECONDS - 1), cut.read(now + DRAIN_SECONDS)), (8, 2));
    }

    #[test]
    fn growth_has_pauses_and_a_limit() {
        let (mut now, mut shards, mut steps) = (1_800_000_000, Shards::fixed(1), 0);
        while let Some(grown) = shards.doubled(now) {
            assert_eq!(
                grown.doubled(now + MIN_CHANGE_INTERVAL_SECONDS - 1),
                None,
                "before the last change has an effect"
            );
            (now, shards, steps) = (now + MIN_CHANGE_INTERVAL_SECONDS, grown, steps + 1);
        }
        assert_eq!((shards.n, steps), (256, 8));
        assert_eq!([0, 1, 3, 4, 200, 5000].map(rounded), [1, 1, 4, 4, 256, 256]);
    }
}

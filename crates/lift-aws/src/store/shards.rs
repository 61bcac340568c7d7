//! Into how many shards a list is cut, and how that number changes while connections live: readers
//! widen first, writers follow, and what stands under the old number expires by itself
//! (connection-store reference, section 3).

use lift_ws::store::MAX_CONNECTION_SECONDS;

/// Unless set otherwise. A shard carries 500 connects and disconnects a second.
pub(super) const DEFAULT: u32 = 4;

/// A list is cut no further: each of its reads asks every shard.
const MOST: u32 = 256;

/// How long writers keep to the old number, in seconds: longer than a reader may rely on what it
/// knows, with half a minute for clocks that differ.
pub(super) const HOLD: u64 = 180;

/// How long after a change the next one has to wait, in seconds: until this one shows.
const PAUSE: u64 = 2 * HOLD;

/// How long rows written under the old number may live, in seconds: the longest life of a row, and
/// what a writer may lag behind.
const DRAIN: u64 = MAX_CONNECTION_SECONDS + 300 + HOLD;

/// A number of shards, the one before and the moment of the change, in seconds since 1970.
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

    /// How many to read.
    pub(super) fn read(self, now: u64) -> u32 {
        let drained = now >= self.since + DRAIN;
        if drained { self.n } else { self.n.max(self.prev) }
    }

    /// Among how many to write: fewer at once, more only when every reader knows.
    pub(super) fn written(self, now: u64) -> u32 {
        let known = now >= self.since + HOLD;
        if known { self.n } else { self.n.min(self.prev) }
    }

    /// Twice as many, unless that is too many or the last change is too recent.
    pub(super) fn doubled(self, now: u64) -> Option<Self> {
        let may = self.n < MOST && now >= self.since + PAUSE;
        may.then(|| Self { n: self.n * 2, prev: self.n, since: now })
    }
}

/// A number as asked for, as one that there can be: a power of two.
pub(super) fn rounded(n: u32) -> u32 {
    n.clamp(1, MOST).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_widen_at_once_and_writers_when_all_know() {
        let now = 1_800_000_000;
        let grown = Shards::fixed(4).doubled(now).expect("grows");
        assert_eq!(grown, Shards { n: 8, prev: 4, since: now });
        assert_eq!((grown.read(now), grown.written(now)), (8, 4));
        assert_eq!(grown.written(now + HOLD - 1), 4);
        assert_eq!((grown.read(now + HOLD), grown.written(now + HOLD)), (8, 8));
        assert_eq!(grown.read(now + DRAIN), 8);
    }

    #[test]
    fn after_a_cut_writers_narrow_at_once_and_readers_when_old_rows_are_gone() {
        let now = 1_800_000_000;
        let cut = Shards { n: 2, prev: 8, since: now };
        assert_eq!((cut.read(now), cut.written(now)), (8, 2));
        assert_eq!((cut.read(now + DRAIN - 1), cut.read(now + DRAIN)), (8, 2));
    }

    #[test]
    fn growth_has_pauses_and_an_end() {
        let (mut now, mut shards, mut steps) = (1_800_000_000, Shards::fixed(1), 0);
        while let Some(grown) = shards.doubled(now) {
            assert_eq!(grown.doubled(now + PAUSE - 1), None, "not before the last one shows");
            (now, shards, steps) = (now + PAUSE, grown, steps + 1);
        }
        assert_eq!((shards.n, steps), (256, 8));
        assert_eq!([0, 1, 3, 4, 200, 5000].map(rounded), [1, 1, 4, 4, 256, 256]);
    }
}

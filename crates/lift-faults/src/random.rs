//! Random numbers that can be replayed: they depend on the seed and on the request, and are the same on
//! every machine and in every version. A library could change its algorithm, so this is SplitMix64.

use std::time::Duration;

use crate::plan::MillisRange;

/// A random number generator for one entry of the plan and one request.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator of entry `entry` for request `number` of `operation`.
    pub(crate) fn new(seed: u64, entry: usize, operation: &str, number: u64) -> Self {
        let place = [entry as u64, number].into_iter().chain(operation.bytes().map(u64::from));
        Self(place.fold(mix(seed), |state, part| mix(state ^ part)))
    }

    /// A number of at least 0 and less than 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // An f64 represents 53 bits exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A duration within `span`, both ends included.
    pub(crate) fn within(&mut self, span: MillisRange) -> Duration {
        let MillisRange { from, to } = span;
        Duration::from_millis(from + self.next() % (to - from).saturating_add(1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }
}

/// 2^64 divided by the golden ratio, made odd: the step of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64: each bit of the argument changes half of the result's bits.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(GOLDEN);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Random;
    use crate::plan::MillisRange;

    /// A change of these numbers makes every recorded seed useless.
    #[test]
    fn never_change() {
        let mut random = Random::new(7, 1, "PutItem", 3);
        let span = MillisRange { from: 0, to: 999 };
        let thrown = [random.within(span), random.within(span), random.within(span)];
        assert_eq!(thrown.map(|time| time.as_millis()), [874, 180, 946]);
    }

    #[test]
    fn places_are_independent() {
        let place = |entry, operation, number| Random::new(7, entry, operation, number).next();
        let all = [
            place(0, "PutItem", 1),
            place(1, "PutItem", 1),
            place(0, "PutItem", 2),
            place(0, "GetItem", 1),
            Random::new(8, 0, "PutItem", 1).next(),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    proptest! {
        #[test]
        fn times_stay_within_their_span(seed: u64, from in 0..10_000_u64, more in 0..10_000_u64) {
            let span = MillisRange { from, to: from + more };
            let mut random = Random::new(seed, 0, "Query", 1);
            for _ in 0..20 {
                let time = random.within(span);
                prop_assert!(time >= Duration::from_millis(from));
                prop_assert!(time <= Duration::from_millis(from + more));
                prop_assert!((0.0..1.0).contains(&random.unit()));
            }
        }
    }
}

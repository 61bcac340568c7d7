//! Two ways to answer the same payload, timed in turn, many times: what lies between them.

use std::{hint::black_box, time::Instant};

use bytes::Bytes;

/// How often each way is timed, and how many calls that is.
const ROUNDS: usize = 1001;
const CALLS: usize = 100;

pub(crate) struct Compare(&'static str);

impl Compare {
    pub(crate) fn of(payload: &'static str) -> Self {
        Self(payload)
    }

    /// Prints what one call costs either way, the difference and the ratio: the median of all
    /// rounds, and its quartiles.
    pub(crate) fn row(
        &self,
        name: &str,
        base: impl Fn(Bytes) -> Vec<u8>,
        other: impl Fn(Bytes) -> Vec<u8>,
    ) {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| (self.time(&base), self.time(&other))).collect();
        let spread = |of: fn(&(f64, f64)) -> f64| Spread::new(rounds.iter().map(of).collect());
        println!(
            "{name}\n    {:.0} ns against {:.0} ns: {:+.0} ns, {:.2}x",
            spread(|round| round.1),
            spread(|round| round.0),
            spread(|round| round.1 - round.0),
            spread(|round| round.1 / round.0),
        );
    }

    /// Nanoseconds for a call.
    fn time(&self, answer: impl Fn(Bytes) -> Vec<u8>) -> f64 {
        let payloads: Vec<_> = (0..CALLS).map(|_| Bytes::from(self.0.to_owned())).collect();
        let start = Instant::now();
        for payload in payloads {
            black_box(answer(payload));
        }
        start.elapsed().as_nanos() as f64 / CALLS as f64
    }
}

struct Spread {
    quartiles: [f64; 3],
}

impl Spread {
    fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { quartiles: [1, 2, 3].map(|quarter| values[values.len() * quarter / 4]) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, median, high] = self.quartiles;
        let digits = f.precision().unwrap_or(0);
        match f.sign_plus() {
            true => write!(f, "{median:+.digits$} ({low:+.digits$} to {high:+.digits$})"),
            false => write!(f, "{median:.digits$} ({low:.digits$} to {high:.digits$})"),
        }
    }
}

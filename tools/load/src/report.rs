//! The measurements of a load test as lines on stdout: `test  what  value  threshold  result`.

use std::{fmt::Display, time::Duration};

/// The report of one load test.
pub(crate) struct Report {
    test: &'static str,
    good: bool,
}

impl Report {
    /// A report of the load test with this name.
    pub(crate) fn new(test: &'static str) -> Self {
        Self { test, good: true }
    }

    /// A measurement without a threshold.
    pub(crate) fn note(&self, what: &str, value: impl Display) {
        self.line(what, &value, "", "");
    }

    /// A measurement with a threshold, described by `demand`.
    pub(crate) fn demand(&mut self, what: &str, value: impl Display, demand: &str, met: bool) {
        self.good &= met;
        self.line(what, &value, demand, if met { "ok" } else { "FAILED" });
    }

    /// A count that has to equal `wanted`.
    pub(crate) fn exactly(&mut self, what: &str, value: u64, wanted: u64) {
        self.demand(what, value, &wanted.to_string(), value == wanted);
    }

    /// Memory in bytes, at most `most`.
    pub(crate) fn at_most(&mut self, what: &str, bytes: u64, most: u64) {
        self.demand(what, kib(bytes), &format!("<= {}", kib(most)), bytes <= most);
    }

    /// Percentiles of latencies.
    pub(crate) fn latencies(&self, what: &str, mut all: Vec<Duration>) {
        all.sort_unstable();
        // The nearest rank.
        let rank = |part: f64| {
            let index = (all.len() as f64 * part).ceil() as usize;
            all.get(index.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        let text = format!("{:.1}/{:.1}/{:.1} ms", rank(0.5), rank(0.99), rank(0.999));
        self.note(&format!("{what}, p50/p99/p99.9"), text);
    }

    /// Whether all thresholds were met.
    pub(crate) fn good(self) -> bool {
        self.good
    }

    fn line(&self, what: &str, value: &dyn Display, demand: &str, verdict: &str) {
        let line = format!("{:<10}  {what:<50}  {value:>22}  {demand:<11} {verdict}", self.test);
        println!("{}", line.trim_end());
    }
}

fn kib(bytes: u64) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}

//! The measurements of a load test as lines on stdout: `test  what  value  threshold  result`.

use std::{fmt::Display, time::Duration};

/// The report of one load test.
pub(crate) struct Report {
    test: &'static str,
    passed: bool,
}

impl Report {
    /// A report of the load test with this name.
    pub(crate) fn new(test: &'static str) -> Self {
        Self { test, passed: true }
    }

    /// A measurement without a threshold.
    pub(crate) fn measurement(&self, what: &str, value: impl Display) {
        self.line(what, &value, "", "");
    }

    /// A measurement with a threshold, described by `threshold`.
    pub(crate) fn check(&mut self, what: &str, value: impl Display, threshold: &str, met: bool) {
        self.passed &= met;
        self.line(what, &value, threshold, if met { "ok" } else { "FAILED" });
    }

    /// A count that must equal `expected`.
    pub(crate) fn exactly(&mut self, what: &str, value: u64, expected: u64) {
        self.check(what, value, &expected.to_string(), value == expected);
    }

    /// Memory in bytes, at most `max`.
    pub(crate) fn at_most(&mut self, what: &str, bytes: u64, max: u64) {
        self.check(what, kib(bytes), &format!("<= {}", kib(max)), bytes <= max);
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
        self.measurement(&format!("{what}, p50/p99/p99.9"), text);
    }

    /// Whether all thresholds were met.
    pub(crate) fn passed(self) -> bool {
        self.passed
    }

    fn line(&self, what: &str, value: &dyn Display, threshold: &str, result: &str) {
        let line = format!("{:<10}  {what:<50}  {value:>22}  {threshold:<11} {result}", self.test);
        println!("{}", line.trim_end());
    }
}

fn kib(bytes: u64) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}

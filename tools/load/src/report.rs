//! What a bar measured, as lines on stdout: `bar  what  value  demand  verdict`.

use std::{fmt::Display, time::Duration};

/// The lines of one bar.
pub(crate) struct Report {
    bar: &'static str,
    good: bool,
}

impl Report {
    /// A report on a bar of the given number.
    pub(crate) fn new(bar: &'static str) -> Self {
        Self { bar, good: true }
    }

    /// A figure that is printed only.
    pub(crate) fn note(&self, what: &str, value: impl Display) {
        self.line(what, &value, "", "");
    }

    /// A figure with a demand, in words, that it has to meet.
    pub(crate) fn demand(&mut self, what: &str, value: impl Display, demand: &str, met: bool) {
        self.good &= met;
        self.line(what, &value, demand, if met { "ok" } else { "FAILED" });
    }

    /// A count that has to be exactly this.
    pub(crate) fn exactly(&mut self, what: &str, value: u64, wanted: u64) {
        self.demand(what, value, &wanted.to_string(), value == wanted);
    }

    /// Memory in bytes that may not be more than this.
    pub(crate) fn at_most(&mut self, what: &str, bytes: u64, most: u64) {
        self.demand(what, kib(bytes), &format!("<= {}", kib(most)), bytes <= most);
    }

    /// The usual percentiles of some latencies.
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

    /// Whether all demands were met.
    pub(crate) fn good(self) -> bool {
        self.good
    }

    fn line(&self, what: &str, value: &dyn Display, demand: &str, verdict: &str) {
        let line = format!("{:>4}  {what:<50}  {value:>22}  {demand:<11} {verdict}", self.bar);
        println!("{}", line.trim_end());
    }
}

fn kib(bytes: u64) -> String {
    format!("{:.1} KiB", bytes as f64 / 1024.0)
}

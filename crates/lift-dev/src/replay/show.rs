//! The report of a replay: a diff for each event that differs, and a summary line.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use super::compare::Difference;
use crate::escape::line;

const PLAIN: Style = Style::new();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

/// The report on stdout, with colors if stdout supports them.
pub(super) struct ReplayReport {
    verbose: bool,
    /// Whether the recording has only a part of what happened.
    incomplete: bool,
    pub(super) events: u64,
    pub(super) posts: u64,
    pub(super) different: u64,
}

impl ReplayReport {
    pub(super) fn new(verbose: bool, incomplete: bool) -> Self {
        Self { verbose, incomplete, events: 0, posts: 0, different: 0 }
    }

    /// Prints the differences of `what`, which is an event or the posts to a connection.
    pub(super) fn compared(&mut self, what: &str, differences: &[Difference]) -> io::Result<()> {
        let (mut out, what) = (anstream::stdout().lock(), line(what));
        if differences.is_empty() {
            if self.verbose {
                writeln!(out, "{what}: as recorded")?;
            }
            return Ok(());
        }
        self.different += 1;
        writeln!(out, "{what}")?;
        for difference in differences {
            let (sign, style, text) = match difference {
                Difference::Same(text) => (' ', PLAIN, text),
                Difference::Recorded(text) => ('-', RED, text),
                Difference::Now(text) => ('+', GREEN, text),
            };
            writeln!(out, "{style}{sign} {}{style:#}", line(text))?;
        }
        Ok(())
    }

    /// Prints the last line.
    pub(super) fn summary(&self) -> io::Result<()> {
        let Self { events, posts, different, .. } = self;
        let of = if self.incomplete { " of an incomplete recording" } else { "" };
        let all = format!("{events} events, {posts} posts{of}");
        let mut out = anstream::stdout().lock();
        match different {
            0 => writeln!(out, "{all}: all as recorded"),
            n => writeln!(out, "{all}: {n} differ (- as recorded, + now)"),
        }
    }
}

//! What a replay says: a diff for each event that differs, and a line at the end.

use std::io::{self, IsTerminal as _, Write as _, stdout};

use super::compare::Difference;

/// The report on stdout, with colours on a terminal.
pub(super) struct Report {
    colours: bool,
    verbose: bool,
    pub(super) events: u64,
    pub(super) posts: u64,
    pub(super) different: u64,
}

impl Report {
    pub(super) fn new(verbose: bool) -> Self {
        let colours = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colours, verbose, events: 0, posts: 0, different: 0 }
    }

    /// Says what differs, if anything does. `what` is an event, or a client's posts.
    pub(super) fn compared(&mut self, what: &str, differences: &[Difference]) -> io::Result<()> {
        let mut out = stdout().lock();
        if differences.is_empty() {
            if self.verbose {
                writeln!(out, "{what}: as recorded")?;
            }
            return Ok(());
        }
        self.different += 1;
        writeln!(out, "{what}")?;
        for difference in differences {
            let (sign, colour, text) = match difference {
                Difference::Same(text) => (' ', "", text),
                Difference::Recorded(text) => ('-', "\u{1b}[31m", text),
                Difference::Now(text) => ('+', "\u{1b}[32m", text),
            };
            // What a function wrote could hold signs that a terminal obeys.
            let text: String = text.chars().map(shown).collect();
            match self.colours && !colour.is_empty() {
                true => writeln!(out, "{colour}{sign} {text}\u{1b}[0m")?,
                false => writeln!(out, "{sign} {text}")?,
            }
        }
        Ok(())
    }

    /// The last line.
    pub(super) fn sum(&self) -> io::Result<()> {
        let Self { events, posts, different, .. } = self;
        let all = format!("{events} events, {posts} posts");
        let mut out = stdout().lock();
        match different {
            0 => writeln!(out, "{all}: all as recorded"),
            n => writeln!(out, "{all}: {n} differ (- as recorded, + now)"),
        }
    }
}

fn shown(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}

//! What is being done, on stderr: a spinner on a terminal, lines elsewhere.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use indicatif::ProgressBar;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// The spinner, or none where stderr is no terminal.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows the first thing that is done.
    pub(crate) fn start(what: String) -> Self {
        let spinner = stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner {
            spinner.enable_steady_tick(TICK);
        }
        let progress = Self(spinner);
        progress.show(what);
        progress
    }

    /// Shows the next.
    pub(crate) fn show(&self, what: impl Display) {
        match &self.0 {
            Some(spinner) => spinner.set_message(format!("{what} ...")),
            None => eprintln!("{what} ..."),
        }
    }

    /// Leaves the line to the result or the error.
    pub(crate) fn end(self) {
        if let Some(spinner) = self.0 {
            spinner.finish_and_clear();
        }
    }
}

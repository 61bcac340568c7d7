//! The current step of a command, on stderr.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use indicatif::ProgressBar;

use crate::{escape, exit::note};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// The current step, on stderr: a spinner on a terminal, lines elsewhere.
#[derive(Debug)]
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows the first step.
    pub(super) fn start(step: String) -> Self {
        let spinner = stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner {
            spinner.enable_steady_tick(TICK);
        }
        let progress = Self(spinner);
        progress.show(step);
        progress
    }

    /// Shows the next step.
    pub(super) fn show(&self, step: impl Display) {
        match &self.0 {
            Some(spinner) => spinner.set_message(escape::line(&format!("{step} ...")).into_owned()),
            None => note(format_args!("{step} ...")),
        }
    }

    /// Removes the spinner, so that its line is free for the result or the error.
    pub(super) fn end(self) {
        if let Some(spinner) = self.0 {
            spinner.finish_and_clear();
        }
    }
}

//! How the program ends when it does not end well: one message on stderr and an exit code.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::Error;

/// What the shell reports for a program that an interrupt ended: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

const BAD: Style = AnsiColor::Red.on_default().bold();

/// The user ended the program before its work was done. There is nothing to explain to her.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Prints `error` with its causes and answers the exit code that belongs to it.
pub(crate) fn report(error: &Error) -> ExitCode {
    if error.is::<Interrupted>() {
        return ExitCode::from(INTERRUPTED);
    }
    // The alternate form is the message followed by its causes, all on one line.
    anstream::eprintln!("{BAD}error:{BAD:#} {error:#}");
    ExitCode::FAILURE
}

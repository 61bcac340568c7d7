//! How the program ends after an error: one message on stderr and an exit code.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::Error;

/// The exit code after an interrupt: 128 + SIGINT, as in a shell.
const INTERRUPTED: u8 = 130;

const BAD: Style = AnsiColor::Red.on_default().bold();

/// The user interrupted the program. No message is printed.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Prints `error` with its causes, and returns its exit code.
pub(crate) fn report(error: &Error) -> ExitCode {
    if error.is::<Interrupted>() {
        return ExitCode::from(INTERRUPTED);
    }
    // The alternate form has the message and its causes on one line.
    anstream::eprintln!("{BAD}error:{BAD:#} {error:#}");
    ExitCode::FAILURE
}

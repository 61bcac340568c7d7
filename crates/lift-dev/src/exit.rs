//! What the program says on stderr, and how it ends after an error: one message and an exit code.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt::Display,
    panic,
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use anyhow::Error;

use crate::escape::block;

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
    anstream::eprintln!("{BAD}error:{BAD:#} {}", block(&in_words(error)));
    ExitCode::FAILURE
}

/// The message and its causes on one line. An error that has the text of its cause in its own is not followed by it.
pub(crate) fn in_words(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Prints a note on stderr. It may contain untrusted text.
pub(crate) fn note(note: impl Display) {
    anstream::eprintln!("{}", block(&note.to_string()));
}

/// Prints a panic like an error, because its message may contain untrusted text.
pub(crate) fn escape_panics() {
    panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        anstream::eprintln!(
            "{BAD}error:{BAD:#} internal error, please report it: {}",
            block(&panic.to_string())
        );
        if backtrace.status() == BacktraceStatus::Captured {
            note(backtrace);
        }
    }));
}

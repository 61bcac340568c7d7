//! Lines on stdout, for the program that started this one.

use std::io::{self, Write as _};

/// Prints a line.
pub(crate) fn line(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

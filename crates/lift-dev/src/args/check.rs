//! Rules between flags, which are checked after clap has read each flag.

use clap::error::ErrorKind;

/// Why arguments that clap accepts one by one are wrong together.
#[derive(Debug)]
pub(crate) struct WrongArgs {
    /// Whose usage is shown: the path to a subcommand.
    pub(crate) subcommand: &'static [&'static str],
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
}

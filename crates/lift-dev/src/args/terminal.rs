//! The flags of `lift dev` for who sits in front of it, and `lift completions`.

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::Shell;

use crate::args::Args;

/// What is shown, and where.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct TerminalArgs {
    /// How events are shown
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    pub(crate) log: LogFormat,

    /// Open the app's page, or else the inspector, in the browser when everything is up
    #[arg(long)]
    pub(crate) open: bool,
}

/// How events are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line on stderr for each event, and below it what the function wrote
    #[default]
    Pretty,
    /// JSON on stdout, an object per line; the first to wait for has the type `ready`
    Json,
    /// Only what the function writes
    Off,
}

/// Print what completes commands and options in a shell
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = INSTALL)]
pub(crate) struct CompletionsArgs {
    pub(crate) shell: Shell,
}

const INSTALL: &str = "\
Examples:
  lift completions bash > ~/.local/share/bash-completion/completions/lift
  lift completions zsh > \"${fpath[1]}/_lift\"
  lift completions fish > ~/.config/fish/completions/lift.fish
  lift completions powershell >> $PROFILE
  lift completions elvish >> ~/.config/elvish/rc.elv";

impl CompletionsArgs {
    /// The script for the shell.
    pub(crate) fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Args::command(), "lift", &mut script);
        script
    }
}

//! The flags of `lift dev` for its output, and the arguments of `lift completions`.

use clap::{Command, ValueEnum};
use clap_complete::Shell;

/// The output, and the browser.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct TerminalArgs {
    /// The format of events
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    pub(crate) log: LogFormat,

    /// Open the app's page in the browser when everything runs, or the inspector if there is no page
    #[arg(long)]
    pub(crate) open: bool,
}

/// The format of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line on stderr for each event, followed by the lines that the function wrote
    #[default]
    Pretty,
    /// JSON on stdout, one object per line; the object of type `ready` comes first
    Json,
    /// Only the lines that the function writes
    Off,
}

/// Print a script for a shell that completes commands and options
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
    /// The script for the shell, which completes `command`.
    pub(super) fn script(&self, command: &mut Command) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "lift", &mut script);
        script
    }
}

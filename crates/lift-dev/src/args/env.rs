//! The arguments of `lift env`.

use std::{ffi::OsString, path::PathBuf};

use clap::ValueEnum;

/// Print the variables that a program beside a running `lift dev` needs, or run a command with them
///
/// The variables are the endpoints of DynamoDB and of @connections, the Region, credentials, the table of
/// connections, and all that the app's functions get from the plan: tables of its own, variables of a template, of
/// --env-file. They are those of the app that runs in this folder or in the nearest folder above it; if there is
/// none, of the only app that runs on this machine.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EnvArgs {
    /// The port of the gateway of `lift dev`, to choose one of several
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The data folder of `lift dev`, to choose one of several
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The format of the variables
    #[arg(long, value_name = "FORMAT", default_value = "shell", conflicts_with = "command")]
    pub(crate) format: EnvFormat,

    /// The command to run, and its arguments, after `--`. Its exit code is that of `lift env`
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// The format of variables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// `export NAME=value`, for `eval "$(lift env)"`
    #[default]
    Shell,
    /// Lines of a .env file
    Dotenv,
    /// One JSON object
    Json,
}

const EXAMPLES: &str = "\
Examples:
  lift env -- cargo run --example close
      Run a program beside the app that `lift dev` runs in this folder

  eval \"$(lift env)\"
      Set the variables in this shell

  lift env --port 4001 --format dotenv > .env.local
      Write the variables of the app on port 4001 to a file, for an editor or a debugger

Exit codes:
  that of the command; without a command:
  0  the variables are printed
  1  no `lift dev` is found, or several
  2  the arguments are wrong
  126, 127  the command cannot be run, or does not exist";

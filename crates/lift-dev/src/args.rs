//! The command line: text in, plain values out. Nothing here touches the file system.

mod table;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::connect::ConnectArgs;

pub(crate) use table::{CreateArgs, Location, TableArgs, TableCommand};

/// Build real-time apps for AWS API Gateway WebSocket APIs, and run them here.
#[derive(Debug, Parser)]
#[command(name = "lift", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Dev(DevArgs),
    Connect(ConnectArgs),
    Table(TableArgs),
}

/// Run an app on this machine as it runs on AWS
///
/// Builds the package in PATH with cargo, starts it as a Lambda function and serves it on a local
/// gateway that behaves like API Gateway, with an embedded DynamoDB beside it. When everything is
/// up, one block on stdout says where. Ctrl-C stops it.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DevArgs {
    /// The folder of the app: a cargo package with one binary
    pub(crate) path: PathBuf,

    /// Where the gateway listens, on loopback only; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:3001", value_parser = loopback)]
    pub(crate) listen: SocketAddr,

    /// The stage of the API, which is the path of its URLs
    #[arg(long, value_name = "NAME", default_value = "local", value_parser = stage)]
    pub(crate) stage: String,

    /// Where the database is kept [default: PATH/.lift]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// At most this many processes of the function, each with one event at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) concurrency: u16,

    /// Make the function's APIs fail on purpose, by this plan
    #[arg(long, value_name = "PLAN")]
    pub(crate) faults: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  lift dev examples/chat
      Run the chat on ws://127.0.0.1:3001/local

  lift dev . --listen 127.0.0.1:0 --stage prod
      Run the package in this folder on any free port, as the stage `prod`

  lift dev . --data-dir /tmp/chat
      Keep the database in /tmp/chat; delete that folder to start afresh

  lift dev examples/chat --faults examples/chat/faults.toml
      Run the chat on APIs that are slow, throttle, break off and lag

Environment:
  LIFT_LOG   what Lift logs on stderr, e.g. `debug` or `lift_gateway=debug` (else RUST_LOG)
  RUST_LOG   passed to the function; `info` when unset";

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| {
        "not an address with a port, such as 127.0.0.1:3001 or [::1]:3001".to_owned()
    })?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    // Everyone who reaches the gateway can post to every connection and read the table.
    Err(format!(
        "{} can be reached from other machines, and a `--public` option that would allow it is \
         not there yet: listen on 127.0.0.1 or [::1]",
        address.ip()
    ))
}

fn stage(text: &str) -> Result<String, String> {
    // API Gateway's own rule for the names of stages.
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=128).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err("a stage is named with 1 to 128 letters, digits, `-` and `_`".to_owned())
}

#[cfg(test)]
mod tests;

//! The command line: text in, plain values out. Nothing here touches the file system.

mod connect;
mod function;
mod gateway;
mod replay;
mod send;
mod steps;
mod table;
mod template;
mod terminal;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use lift_event::limits;

pub(crate) use self::{
    connect::ConnectArgs,
    function::{CommandLine, FunctionArgs, RouteArg, Runs, Url},
    gateway::GatewayArgs,
    replay::ReplayArgs,
    send::{SendArgs, TargetArgs, WhatArgs, WhoArgs},
    steps::{Step, Steps},
    table::{CreateArgs, Location, TableArgs, TableCommand},
    template::TemplateArgs,
    terminal::{CompletionsArgs, LogFormat, TerminalArgs},
};

/// Build real-time apps for AWS API Gateway WebSocket APIs, and run them here.
#[derive(Debug, Parser)]
#[command(name = "lift", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Dev(Box<DevArgs>),
    Connect(ConnectArgs),
    Replay(ReplayArgs),
    Send(SendArgs),
    Table(TableArgs),
    Completions(CompletionsArgs),
}

/// Run an app on this machine as it runs on AWS
///
/// Builds the package in PATH with cargo, starts it as a Lambda function and serves it on a local
/// gateway that behaves like API Gateway, with an embedded DynamoDB beside it. A function in another
/// language is named by --command, and its routes by --route and --two-way; or a template says
/// both. When everything is up, one block on stdout says where. Then each event is a line on
/// stderr. When the sources change, the new code takes over, and the sockets stay open. Ctrl-C
/// stops it.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DevArgs {
    /// Where the gateway listens, on loopback unless --public; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:3001", value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Where the database is kept [default: PATH/.lift]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// At most this many processes of a function, each with one event at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) concurrency: u16,

    /// Start the functions anew when this changes, a file or a folder; may be given again. A package
    /// needs none for its sources
    #[arg(long, value_name = "PATH", conflicts_with = "no_reload")]
    pub(crate) watch: Vec<PathBuf>,

    /// Do not build and start anew when sources change
    #[arg(long)]
    pub(crate) no_reload: bool,

    /// Make the function's APIs fail on purpose, by this plan
    #[arg(long, value_name = "PLAN")]
    pub(crate) faults: Option<PathBuf>,

    /// Record every event and reply to a new file, for `lift replay` and as fixtures; it holds tokens
    /// as they were sent
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Serve no inspector at /_lift, the page of this machine alone that shows what happens
    #[arg(long)]
    pub(crate) no_inspector: bool,

    // Below the options above, which have no heading of their own.
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,
    #[command(flatten)]
    pub(crate) gateway: GatewayArgs,
}

/// What is run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AppArgs {
    /// The folder of the app: a cargo package with one binary, or else a template or its folder; or
    /// the folder of what --command runs, which else is this one
    pub(crate) path: Option<PathBuf>,

    /// The stage of the API, which is the path of its URLs [default: local]
    #[arg(long, value_name = "NAME", value_parser = stage)]
    pub(crate) stage: Option<String>,

    #[command(flatten)]
    pub(crate) function: FunctionArgs,

    #[command(flatten)]
    pub(crate) template: TemplateArgs,
}

const EXAMPLES: &str = "\
Examples:
  lift dev examples/chat
      Run the chat on ws://127.0.0.1:3001/local

  lift dev . --listen 127.0.0.1:0 --stage prod
      Run the package in this folder on any free port, as the stage `prod`

  lift dev . --public --listen 0.0.0.0:3001
      Let other machines connect; @connections then wants the token that is shown

  lift dev . --data-dir /tmp/chat
      Keep the database in /tmp/chat; delete that folder to start afresh

  lift dev . --command 'python3 function.py' --two-way say --watch function.py
      Run a function in Python, and start it anew when it changes

  lift dev examples/chat --faults examples/chat/faults.toml
      Run the chat on APIs that are slow, throttle, break off and lag

  lift dev --command 'python3 -m awslambdaric app.handler' --route '$connect' --two-way ask
      Run a function in Python, with its routes; keys with a `$` need the single quotes

  lift dev --function chat='python3 chat.py' --function ask='node ask.js' --route say=chat --two-way ask=ask
      Run several functions, each for routes of its own

  lift dev . --function auth='node auth.js' --authorizer=auth --identity-source route.request.querystring.token
      Ask a function in Node who may connect to the package in this folder

  lift dev --function-url http://127.0.0.1:9000 --two-way '$default'
      Invoke a function that runs in an emulator of Lambda

  lift dev --template template.yaml --parameter TableName=chat
      Run what a template of SAM, CloudFormation or the Serverless Framework says

  lift dev . --attach
      Wait for the app in this folder to be started by a debugger

  lift dev . --open
      Open the app's page in the browser when everything is up

  lift dev . --log json | jq 'select(.error)'
      Events as JSON for programs: here, those that failed

Environment:
  NO_COLOR   no colours; CLICOLOR_FORCE=1 for colours in a pipe
  LIFT_LOG   what Lift logs on stderr, e.g. `debug` or `lift_gateway=debug` (else RUST_LOG)
  RUST_LOG   passed to the function; `info,lambda_runtime=warn` when unset";

impl Args {
    /// Reads the command line, or says what is wrong with it and exits.
    pub(crate) fn read() -> Self {
        Self::try_read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn try_read(
        args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let args = Self::try_parse_from(args)?;
        match &args.command {
            Command::Dev(dev) => dev.check()?,
            Command::Send(send) => send.check()?,
            Command::Replay(replay) => replay.app.check()?,
            Command::Connect(_) | Command::Table(_) | Command::Completions(_) => {}
        }
        Ok(args)
    }
}

impl AppArgs {
    /// Something says what to run.
    fn check(&self) -> Result<(), clap::Error> {
        let is_named = self.function.names_a_function() || self.template.template.is_some();
        if self.path.is_some() || is_named {
            return Ok(());
        }
        let message = "nothing says what to run: pass the folder of a cargo package (`lift dev .`) or of \
                       a template, or --command, --function, --function-url or --attach for any \
                       other function";
        Err(Args::command().error(ErrorKind::MissingRequiredArgument, message))
    }
}

impl DevArgs {
    /// What holds between flags.
    fn check(&self) -> Result<(), clap::Error> {
        self.app.check()?;
        self.stays_here("--listen", Some(self.listen))?;
        self.stays_here("--attach", self.app.function.attach)
    }

    /// Everyone who reaches the gateway can connect and see the page, and everyone who reaches the
    /// Runtime API can be the function.
    fn stays_here(&self, flag: &str, address: Option<SocketAddr>) -> Result<(), clap::Error> {
        let Some(address) = address else { return Ok(()) };
        let ip = address.ip();
        if ip.is_loopback() || self.gateway.public {
            return Ok(());
        }
        let message = format!(
            "{flag} {ip} can be reached from other machines: pass --public if that is meant, or \
             listen on 127.0.0.1 or [::1]"
        );
        Err(Args::command().error(ErrorKind::ValueValidation, message))
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = "not an address with a port, such as 127.0.0.1:3001 or [::1]:3001";
    text.parse().map_err(|_| wrong.to_owned())
}

pub(crate) fn stage(text: &str) -> Result<String, String> {
    // API Gateway's own rule for the names of stages.
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=limits::STAGE_NAME_CHARS).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err("a stage is named with 1 to 128 letters, digits, `-` and `_`".to_owned())
}

#[cfg(test)]
mod tests;

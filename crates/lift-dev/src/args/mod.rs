//! The command line: text in, plain values out. Nothing here touches the file system.

mod check;
mod connect;
mod dev;
mod env;
mod function;
mod gateway;
mod invoke;
mod replay;
mod send;
mod steps;
mod table;
mod template;
mod terminal;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use self::{
    check::WrongArgs,
    connect::ConnectArgs,
    dev::{AppArgs, DevArgs},
    env::{EnvArgs, EnvFormat},
    function::{CommandLine, CommandOrUrl, FunctionArgs, RouteArg, Url},
    gateway::GatewayArgs,
    invoke::InvokeArgs,
    replay::ReplayArgs,
    send::{LocationArgs, OperationArgs, SendArgs, TargetArgs},
    steps::{Step, Steps},
    table::{
        AllTablesArgs, CreateArgs, EndpointArgs, TableArgs, TableCommand, TableLocationArgs,
        WhichTables,
    },
    terminal::{CompletionsArgs, LogFormat, TerminalArgs},
    values::{DEFAULT_STAGE, stage},
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
    Env(EnvArgs),
    Connect(ConnectArgs),
    Invoke(InvokeArgs),
    Replay(ReplayArgs),
    Send(SendArgs),
    Table(TableArgs),
    Completions(CompletionsArgs),
}

impl Args {
    /// Reads the command line. If it is wrong, prints why and exits with code 2.
    pub(crate) fn read() -> Self {
        Self::try_read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn try_read(
        args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut args = Self::try_parse_from(args)?;
        let checked = match &mut args.command {
            Command::Dev(dev) => dev.complete(),
            Command::Send(send) => send.check(),
            Command::Replay(replay) => {
                replay.app.complete();
                Ok(())
            }
            Command::Env(_)
            | Command::Connect(_)
            | Command::Invoke(_)
            | Command::Table(_)
            | Command::Completions(_) => Ok(()),
        };
        checked.map_err(Self::error)?;
        Ok(args)
    }

    /// The script that `lift completions` prints.
    pub(crate) fn completions(args: &CompletionsArgs) -> Vec<u8> {
        args.script(&mut Self::command())
    }

    /// `wrong` as clap reports it, with the usage of its subcommand.
    pub(crate) fn error(wrong: WrongArgs) -> clap::Error {
        let mut command = Self::command();
        // Completes the usage texts of subcommands.
        command.build();
        let mut command = wrong.subcommand.iter().fold(command, |command, name| {
            command.find_subcommand(name).cloned().unwrap_or(command)
        });
        command.error(wrong.kind, wrong.message)
    }
}

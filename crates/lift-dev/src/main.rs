//! The command `lift`: run an app on this machine as it runs on AWS, and manage its table there.
//!
//! This crate is the leaf of the workspace. It turns arguments into plain values, starts what an
//! app needs here (cargo, an embedded DynamoDB, function processes) and hands the sockets to
//! `lift-gateway`. It decides nothing about the wire.
//!
//! ```text
//! args -> dev: plan (flags, template), build, describe, database, functions, gateway -> ready block
//!     '-> replay: recording, functions, compare -> differences
//!     '-> send: target, who, pieces, by lift-ws and lift-aws -> result
//!     '-> table: create, describe, check, delete, by lift-aws -> result
//! ```

mod args;
mod colors;
mod connect;
mod data_dir;
mod dev;
mod exit;
mod logging;
mod observe;
mod recording;
mod replay;
mod send;
mod stop;
mod table;

use std::{io::Write as _, process::ExitCode};

use crate::args::{Args, Command, LogFormat};

fn main() -> ExitCode {
    match run(Args::read()) {
        Ok(code) => code,
        Err(error) => exit::report(&error),
    }
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let events = matches!(&args.command, Command::Dev(dev) if dev.terminal.log != LogFormat::Off);
    logging::start(events);
    match args.command {
        Command::Dev(dev) => dev::run(*dev).map(|()| ExitCode::SUCCESS),
        Command::Connect(connect) => connect::run(connect).map(|()| ExitCode::SUCCESS),
        Command::Replay(replay) => replay::run(replay),
        Command::Send(send) => send::run(send),
        Command::Table(table) => table::run(table),
        Command::Completions(completions) => {
            std::io::stdout().write_all(&completions.script())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

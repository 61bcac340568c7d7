//! The command `lift`: runs an app on this machine as it runs on AWS, and manages its table on AWS.
//!
//! No other crate depends on this one. It reads arguments, starts what an app needs on this machine
//! (cargo, an embedded DynamoDB, processes of functions) and gives the sockets to `lift-gateway`, which
//! alone implements API Gateway.
//!
//! ```text
//! args -> dev: plan, program, stack (functions, dynamodb), api -> gateway -> ready block, terminal
//!     '-> replay: recording, stack, compare -> differences
//!     '-> connect: dial, conversation -> messages
//!     '-> invoke: running, client -> result
//!     '-> send: target, sender, by lift-ws and lift-aws -> outcome
//!     '-> env: running -> variables
//!     '-> table: create, describe, check, delete, by lift-aws -> result
//! ```

// `exit::note` escapes what it prints.
#![warn(clippy::print_stderr)]

mod args;
mod colors;
mod connect;
mod data_dir;
mod dev;
mod env;
mod escape;
mod exit;
mod invoke;
mod lock;
mod logging;
mod memory;
mod observe;
mod recording;
mod replay;
mod running;
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
    exit::escape_panics();
    logging::start(events);
    match args.command {
        Command::Dev(dev) => dev::run(*dev).map(|()| ExitCode::SUCCESS),
        Command::Env(env) => env::run(env),
        Command::Connect(connect) => connect::run(connect).map(|()| ExitCode::SUCCESS),
        Command::Invoke(invoke) => invoke::run(invoke),
        Command::Replay(replay) => replay::run(replay),
        Command::Send(send) => send::run(send),
        Command::Table(table) => table::run(table),
        Command::Completions(completions) => {
            std::io::stdout().write_all(&Args::completions(&completions))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

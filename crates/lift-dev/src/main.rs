//! The command `lift`: run an app on this machine as it runs on AWS.
//!
//! This crate is the leaf of the workspace. It turns arguments into plain values, starts what an
//! app needs here (cargo, an embedded DynamoDB, function processes) and hands the sockets to
//! `lift-gateway`. It decides nothing about the wire.
//!
//! ```text
//! args -> dev: project, build, describe, database, function, gateway -> ready block
//! ```

mod args;
mod dev;
mod exit;
mod logging;

use std::process::ExitCode;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    match run(Args::read()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    logging::start();
    match args.command {
        Command::Dev(dev) => dev::run(dev),
    }
}

//! Puts the local gateway under pressure: thousands of clients in this process, the gateway with a
//! function inside in another, so that its memory and CPU are its own.
//!
//! Each command is one bar: it starts a server, loads it, prints what it measured, and exits with 1
//! when a count or the memory is not as it has to be. Latencies and rates are printed only; they
//! say as much about the machine.
//!
//! ```text
//! main -> system (limits) -> thresholds: one of them -> report
//!                              |-- server: the child `load serve`, its counts, memory, CPU
//!                              '-- clients, management: the load
//! ```

#![allow(clippy::print_stdout, reason = "what is measured goes to the terminal")]

mod clients;
mod management;
mod report;
mod serve;
mod server;
mod system;
mod thresholds;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Puts Lift's gateway under pressure and counts what it holds.
///
/// Build it with optimization, or the figures are those of a debug build, such as by
/// `cargo run --profile many -p load -- idle`.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a gateway whose function counts connections and echoes messages
    Serve(serve::Options),
    /// Hold clients that say nothing: memory and CPU of each
    Idle(thresholds::idle::Options),
    /// Connect clients at once, then at a steady rate, through an authorizer
    Burst(thresholds::burst::Options),
    /// Send messages at a steady rate and lose none
    Echo(thresholds::echo::Options),
    /// Let the server's file descriptors run out, and come back
    Fds,
    /// Drip requests, beside honest clients
    Slowloris(thresholds::slowloris::Options),
    /// Post to clients that do not read, beside ones that do
    Stuck(thresholds::stuck::Options),
    /// Flood from one client, beside polite ones
    Flood(thresholds::flood::Options),
    /// Claim frames of 2^63-1 bytes, and send a million empty fragments
    Frames,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(options) => serve::run(options).await.map(|()| true),
        Command::Idle(options) => thresholds::idle::run(options).await,
        Command::Burst(options) => thresholds::burst::run(options).await,
        Command::Echo(options) => thresholds::echo::run(options).await,
        Command::Fds => thresholds::fds::run().await,
        Command::Slowloris(options) => thresholds::slowloris::run(options).await,
        Command::Stuck(options) => thresholds::stuck::run(options).await,
        Command::Flood(options) => thresholds::flood::run(options).await,
        Command::Frames => thresholds::frames::run().await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! Load tests of the local gateway. Thousands of clients run in this process, and the gateway with its
//! function in a child process, so that its memory and CPU time can be measured.
//!
//! Each command starts a server, loads it, prints measurements, and exits with 1 if a count or the memory
//! is beyond its threshold. Latencies and rates have no threshold, because they depend on the machine.
//!
//! ```text
//! main -> system (limits) -> one of the thresholds -> report
//!                              |-- server: the child `load serve`, its counts, memory, CPU
//!                              '-- clients, management: the load
//! ```

#![allow(clippy::print_stdout, reason = "measurements are printed on stdout")]

mod clients;
mod management;
mod report;
mod serve;
mod server;
mod system;
mod thresholds;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs load tests of Lift's gateway
///
/// Build it with optimization, for example `cargo run --profile optimized-tests -p load -- idle`; otherwise the
/// measurements are those of a debug build.
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
    /// Idle clients: memory of each, and CPU time
    Idle(thresholds::idle::Options),
    /// Handshakes through an authorizer: many at once, then at a constant rate
    Burst(thresholds::burst::Options),
    /// Messages at a constant rate; none may be lost
    Echo(thresholds::echo::Options),
    /// The server runs out of file descriptors and recovers
    Fds,
    /// Slow requests, with regular clients at the same time
    Slowloris(thresholds::slowloris::Options),
    /// Posts to clients that do not read, and to clients that do
    Stuck(thresholds::stuck::Options),
    /// A flood of messages from one client, with regular clients at the same time
    Flood(thresholds::flood::Options),
    /// Frames that claim 2^63-1 bytes, and a million empty fragments
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

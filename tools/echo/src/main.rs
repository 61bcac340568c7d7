//! Servers that echo each message: the gateway with an echo as its function, the WebSocket library without a
//! gateway for comparison, and a server that breaks one rule on purpose, to test the test suites. And
//! clients that measure them.
//!
//! ```console
//! $ cargo run -p echo -- gateway --autobahn rfc --listen 127.0.0.1:9001
//! listening on ws://127.0.0.1:9001/local
//! ```

mod broken;
mod function;
mod gateway;
mod library;
mod measure;
mod print;

use std::{io, net::SocketAddr};

use clap::{Parser, Subcommand};
use tokio::{
    net::TcpListener,
    runtime,
    signal::unix::{SignalKind, signal},
};

/// Servers that echo each WebSocket message, until Ctrl-C, and clients to measure them.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// The address to listen on; port 0 is any free port.
    #[arg(long, global = true, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
}

#[derive(Subcommand)]
enum Command {
    /// Lift's gateway, with the echo as a function behind a two-way `$default` route.
    Gateway(gateway::Args),
    /// tokio-tungstenite alone.
    Library,
    /// A server with its own frame parser, which breaks one rule of RFC 6455 or none.
    Broken(broken::Args),
    /// The function as a process of the Lambda Runtime API, which `gateway --processes` starts.
    Function,
    /// Send messages to a server, and print messages per second and round-trip times as JSON.
    Measure(measure::Args),
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // The clients leave the other processors to the server.
    let mut runtime = match args.command {
        Command::Measure(_) | Command::Function => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    runtime.enable_all().build()?.block_on(run(args))
}

async fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Gateway(gateway) => {
            gateway::serve(listen(args.listen).await?, &gateway, stop()?).await
        }
        Command::Library => until_stop(library::serve(listen(args.listen).await?)).await,
        Command::Broken(broken) => {
            until_stop(broken::serve(listen(args.listen).await?, broken.break_rule)).await
        }
        Command::Function => function::process().await,
        Command::Measure(measure) => measure::run(measure).await,
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    print::line(&format!("listening on ws://{}/local", listener.local_addr()?))?;
    Ok(listener)
}

async fn until_stop(serving: impl Future<Output = io::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        failed = serving => Ok(failed?),
        () = stop()? => Ok(()),
    }
}

/// Ctrl-C or SIGTERM.
fn stop() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

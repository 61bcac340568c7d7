//! Servers that answer each message with itself: the gateway with an echo as its function, the bare
//! WebSocket library to measure it against, and one that is wrong on purpose to test the tests. And
//! the clients that measure them.
//!
//! ```console
//! $ cargo run -p echo -- gateway --autobahn rfc --listen 127.0.0.1:9001
//! listening on ws://127.0.0.1:9001/local
//! ```

mod bare;
mod function;
mod gateway;
mod measure;
mod print;
mod wrong;

use std::{io, net::SocketAddr};

use clap::{Parser, Subcommand};
use tokio::{
    net::TcpListener,
    runtime,
    signal::unix::{SignalKind, signal},
};

/// Servers that answer each WebSocket message with itself, until Ctrl-C, and clients to measure them.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Where to listen; port 0 is any.
    #[arg(long, global = true, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
}

#[derive(Subcommand)]
enum Command {
    /// Lift's gateway, with the echo as a function behind a two-way `$default` route.
    Gateway(gateway::Args),
    /// tokio-tungstenite alone.
    Bare,
    /// A server of its own for frames, with one rule of RFC 6455 broken or none.
    Wrong(wrong::Args),
    /// The function as a process of Lambda's, which `gateway --processes` starts.
    Function,
    /// Play ping-pong with a server and print messages a second and their times, as JSON.
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
        Command::Bare => until_stop(bare::serve(listen(args.listen).await?)).await,
        Command::Wrong(wrong) => {
            until_stop(wrong::serve(listen(args.listen).await?, wrong.fault)).await
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

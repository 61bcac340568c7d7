//! Servers that answer each message with itself: the gateway with an echo as its function, the bare
//! WebSocket library to measure it against, and one that is wrong on purpose to test the tests.
//!
//! ```console
//! $ cargo run -p echo -- gateway --autobahn rfc --listen 127.0.0.1:9001
//! listening on ws://127.0.0.1:9001/local
//! ```

mod bare;
mod function;
mod gateway;
mod wrong;

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use clap::{Parser, Subcommand};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Servers that answer each WebSocket message with itself, until Ctrl-C.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    server: Server,
    /// Where to listen; port 0 is any.
    #[arg(long, global = true, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
}

#[derive(Subcommand)]
enum Server {
    /// Lift's gateway, with the echo as a function behind a two-way `$default` route.
    Gateway(gateway::Args),
    /// tokio-tungstenite alone.
    Bare,
    /// A server of its own for frames, with one rule of RFC 6455 broken or none.
    Wrong(wrong::Args),
    /// The function as a process of Lambda's, which `gateway --processes` starts.
    Function,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if matches!(args.server, Server::Function) {
        return function::process().await;
    }
    let listener = TcpListener::bind(args.listen).await?;
    writeln!(io::stdout(), "listening on ws://{}/local", listener.local_addr()?)?;
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    match args.server {
        Server::Gateway(args) => gateway::serve(listener, &args, stop).await?,
        Server::Bare => tokio::select! {
            failed = bare::serve(listener) => failed?,
            () = stop => {}
        },
        Server::Wrong(args) => tokio::select! {
            failed = wrong::serve(listener, args.fault) => failed?,
            () = stop => {}
        },
        Server::Function => {}
    }
    Ok(())
}

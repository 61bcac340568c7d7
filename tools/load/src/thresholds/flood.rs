//! One client floods the gateway, with regular clients at the same time. The gateway slows the flood down, or
//! closes the connection if the API has a rate. The regular clients lose no message.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use clap::Args;
use futures_util::{SinkExt, StreamExt, future::join_all};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::one_disconnect_each;
use crate::{
    clients::{Client, ask, connect, connect_many},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The messages that the flooding client tries to send per second.
const FLOOD_PER_SECOND: u32 = 5_000;

/// How long the function takes for a message, in milliseconds.
const FUNCTION_MS: u64 = 100;

/// The gateway's default limit of messages in flight for one connection.
const IN_FLIGHT: u64 = 64;

/// The rate of the second part, in messages a second.
const RATE_LIMIT: u32 = 100;

#[derive(Args)]
pub(crate) struct Options {
    /// How many regular clients; each sends one message a second
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// For how many seconds
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

pub(crate) async fn run(Options { clients: count, seconds }: Options) -> Result<bool> {
    system::check(count + 1)?;
    let mut report = Report::new("flood");
    for rate in [None, Some(RATE_LIMIT)] {
        let options = serve::Options { rate, takes: FUNCTION_MS, ..serve::Options::default() };
        let mut server = Server::start(options).await?;
        let address = server.address;
        let clients = connect_many(address, 0, count).await?;
        let start = Instant::now();
        let regular = run_regular(clients, seconds);
        let flooding = timeout(Duration::from_secs(seconds.into()), flood(address, count));
        let ((clients, replies, latencies), closed) = tokio::join!(regular, flooding);
        let total = count as u64 * u64::from(seconds);
        let served = server.counts().await?.messages.saturating_sub(total);
        // Until now, the server may have handled messages of the flood that it had read.
        let lasted = start.elapsed();
        match (rate, closed) {
            (None, closed) => {
                let rounds = lasted.as_millis() as u64 / FUNCTION_MS + 1;
                let max = IN_FLIGHT * rounds;
                let threshold = format!("<= {max}");
                report.check("messages of a flood that ran", served, &threshold, served <= max);
                report.exactly("floods closed for it", closed.is_ok().into(), 0);
            }
            (Some(rate), Ok(closed)) => {
                report.exactly("close code of a flood above a rate", closed?.into(), 1008);
                // The burst, and the messages since then.
                let max = u64::from(rate) * (lasted.as_secs() + 2);
                let threshold = format!("<= {max}");
                report.check("messages of it that ran", served, &threshold, served <= max);
            }
            (Some(_), Err(_)) => report.check("a flood above a rate", "goes on", "closed", false),
        }
        report.exactly("messages of regular clients echoed", replies, total);
        report.latencies(&format!("of these, with {FUNCTION_MS} ms of function"), latencies);
        drop(clients);
        one_disconnect_each(server, &mut report).await?;
    }
    Ok(report.passed())
}

/// Each client sends a message every second. Returns the clients, the number of replies, and latencies.
async fn run_regular(clients: Vec<Client>, seconds: u32) -> (Vec<Client>, u64, Vec<Duration>) {
    let start = Instant::now();
    let count = clients.len() as u32;
    let tasks = clients.into_iter().zip(0..).map(|(mut client, number)| {
        tokio::spawn(async move {
            let mut seen = Vec::new();
            for second in 0..seconds {
                let due = start + Duration::from_secs(1) * (second * count + number) / count;
                sleep_until(due).await;
                if ask(&mut client, "polite").await.is_ok_and(|reply| reply == "polite") {
                    seen.push(due.elapsed());
                }
            }
            (client, seen)
        })
    });
    let done: (Vec<_>, Vec<_>) = join_all(tasks).await.into_iter().flatten().unzip();
    let latencies: Vec<_> = done.1.into_iter().flatten().collect();
    (done.0, latencies.len() as u64, latencies)
}

/// Sends and reads until the server closes; returns the close code.
async fn flood(server: SocketAddr, number: usize) -> Result<u16> {
    let (mut sink, mut stream) = connect(server, number).await?.split();
    let start = Instant::now();
    let sending = async {
        for index in 0.. {
            sleep_until(start + Duration::from_secs(1) * index / FLOOD_PER_SECOND).await;
            if sink.send(Message::text("flood")).await.is_err() {
                break;
            }
        }
        // The server's close frame may still be unread.
        std::future::pending().await
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Close(Some(frame)) = message {
                return u16::from(frame.code);
            }
        }
        1006
    };
    tokio::select! {
        code = sending => Ok(code),
        code = reading => Ok(code),
    }
}

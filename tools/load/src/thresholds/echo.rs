//! Messages at a constant rate over many connections, in an open loop. None may be lost.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::one_disconnect_each;
use crate::{
    clients::{Client, ask, connect_many},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The delay between the last handshake and the first message.
const START_DELAY: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// How many messages a second all of them send together
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 10)]
    seconds: u32,
}

pub(crate) async fn run(options: Options) -> Result<bool> {
    let Options { clients: count, rate, seconds } = options;
    system::check(count)?;
    let mut report = Report::new("echo");
    let server = Server::start(serve::Options::default()).await?;
    let clients = connect_many(server.address, 0, count).await?;
    let used = server.cpu()?;
    let total = rate * seconds;
    let start = Instant::now() + START_DELAY;
    let tasks = clients.into_iter().enumerate().map(|(number, client)| {
        let own_indexes = (number as u32..total).step_by(count);
        let due =
            own_indexes.map(move |index| (index, start + Duration::from_secs(1) * index / rate));
        tokio::spawn(send_when_due(client, due.collect()))
    });
    let results = join_all(tasks).await;
    let mut latencies = Vec::new();
    let mut clients = Vec::new();
    for result in results {
        let (client, seen) = result?;
        clients.push(client);
        latencies.extend(seen);
    }
    let cpu = (server.cpu()? - used).as_secs_f64() / start.elapsed().as_secs_f64();
    report.exactly("messages echoed", latencies.len() as u64, total.into());
    report.latencies(&format!("echo at {rate} a second"), latencies);
    report.measurement("CPU, of one core", format!("{:.0} %", cpu * 100.0));
    drop(clients);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

/// Sends each message when it is due, and returns the latencies from the due times. A late reply delays the
/// client's next message, whose latency includes the delay.
async fn send_when_due(mut client: Client, due: Vec<(u32, Instant)>) -> (Client, Vec<Duration>) {
    let mut latencies = Vec::new();
    for (index, due) in due {
        sleep_until(due).await;
        let text = index.to_string();
        match ask(&mut client, &text).await {
            Ok(reply) if reply == text => latencies.push(due.elapsed()),
            Ok(_) | Err(_) => break,
        }
    }
    (client, latencies)
}

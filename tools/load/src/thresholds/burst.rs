//! Handshakes through an authorizer: many at once, then at a constant rate.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::one_disconnect_each;
use crate::{
    clients::{connect, connect_many},
    report::Report,
    serve,
    server::Server,
    system,
};

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients connect at once
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// How many connect each second after that; AWS allows 500
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

pub(crate) async fn run(options: Options) -> Result<bool> {
    let Options { clients: count, rate, seconds } = options;
    let later = (rate * seconds) as usize;
    system::check(count + later)?;
    let mut report = Report::new("burst");
    let options = serve::Options { authorizer: true, ..serve::Options::default() };
    let mut server = Server::start(options).await?;
    let address = server.address;
    let start = Instant::now();
    let clients = connect_many(address, 0, count).await?;
    report.measurement(
        "handshakes a second, at once",
        (count as f64 / start.elapsed().as_secs_f64()).round(),
    );
    report.exactly("clients accepted at once", clients.len() as u64, count as u64);

    let start = Instant::now();
    let steady = (0..later).map(|number| {
        // Measured from the due time, so that a slow server does not reduce the load.
        let due = start + Duration::from_secs(1) * number as u32 / rate;
        tokio::spawn(async move {
            sleep_until(due).await;
            let client = connect(address, count + number).await?;
            anyhow::Ok((client, due.elapsed()))
        })
    });
    let mut latencies = Vec::new();
    let mut later_clients = Vec::new();
    for client in join_all(steady).await {
        let (client, latency) = client??;
        later_clients.push(client);
        latencies.push(latency);
    }
    report.latencies(&format!("handshake at {rate} a second"), latencies);
    let accepted = server.counts().await?.accepted;
    report.exactly("clients accepted in total", accepted, (count + later) as u64);
    drop((clients, later_clients));
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

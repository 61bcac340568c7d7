//! Idle clients: how many connections one process holds, and in how much memory.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use tokio::time::{Instant, sleep};

use super::one_disconnect_each;
use crate::{
    clients::{connect_many, count_served},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The most memory for an idle connection, in bytes.
const MAX_BYTES_PER_CONNECTION: u64 = 12 * 1024;

/// The time over which CPU use is measured.
const CPU_TIME: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(crate) struct Options {
    /// How many clients
    #[arg(long, default_value_t = 18_000)]
    clients: usize,
}

pub(crate) async fn run(Options { clients: count }: Options) -> Result<bool> {
    system::check(count)?;
    let mut report = Report::new("idle");
    let mut server = Server::start(serve::Options::default()).await?;
    let before = server.resident()?;
    let start = Instant::now();
    let mut clients = connect_many(server.address, 0, count).await?;
    report
        .measurement("handshakes a second", (count as f64 / start.elapsed().as_secs_f64()).round());
    report.exactly("clients accepted", server.counts().await?.accepted, count as u64);
    sleep(CPU_TIME).await;
    let each = server.resident()?.saturating_sub(before) / count as u64;
    report.at_most("resident memory for each idle connection", each, MAX_BYTES_PER_CONNECTION);
    let used = server.cpu()?;
    sleep(CPU_TIME).await;
    let share = (server.cpu()? - used).as_secs_f64() / CPU_TIME.as_secs_f64();
    report.measurement("CPU while idle, of one core", format!("{:.1} %", share * 100.0));
    report.exactly(
        "clients with a reply after that",
        count_served(&mut clients).await,
        count as u64,
    );
    let each = server.resident()?.saturating_sub(before) / count as u64;
    report.at_most("resident memory for each after one message", each, MAX_BYTES_PER_CONNECTION);
    drop(clients);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

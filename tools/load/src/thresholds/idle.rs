//! Idle clients: how many connections one process holds, and in how much memory.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use tokio::time::{Instant, sleep};

use super::one_disconnect_each;
use crate::{
    clients::{answering, crowd},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The most memory for an idle connection, in bytes.
const EACH: u64 = 12 * 1024;

/// How long CPU time is measured.
const WATCH: Duration = Duration::from_secs(3);

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
    let mut clients = crowd(server.address, 0, count).await?;
    report.note("handshakes a second", (count as f64 / start.elapsed().as_secs_f64()).round());
    report.exactly("clients accepted", server.counts().await?.accepted, count as u64);
    sleep(WATCH).await;
    let each = server.resident()?.saturating_sub(before) / count as u64;
    report.at_most("resident memory for each idle connection", each, EACH);
    let used = server.cpu()?;
    sleep(WATCH).await;
    let share = (server.cpu()? - used).as_secs_f64() / WATCH.as_secs_f64();
    report.note("CPU while idle, of one core", format!("{:.1} %", share * 100.0));
    report.exactly("clients that answer after that", answering(&mut clients).await, count as u64);
    let each = server.resident()?.saturating_sub(before) / count as u64;
    report.at_most("resident memory for each after one message", each, EACH);
    drop(clients);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.good())
}

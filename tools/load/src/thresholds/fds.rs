//! The server runs out of file descriptors. No connected client may be lost, and when some disconnect, waiting
//! clients are accepted.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::one_disconnect_each;
use crate::{
    clients::{connect, connect_many, count_served},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The server's limit of open files.
const FILES: u64 = 256;
/// Clients that connect first.
const FIRST_CLIENTS: usize = 200;
/// Clients that connect after them. Not all of them are accepted.
const MORE_CLIENTS: usize = 200;
/// Clients that disconnect.
const LEAVING: usize = 100;
/// If no client is accepted for this long, the server is full.
const FULL_AFTER: Duration = Duration::from_secs(1);
/// The longest time until a waiting client is accepted.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn run() -> Result<bool> {
    system::check(FIRST_CLIENTS + MORE_CLIENTS)?;
    let mut report = Report::new("fds");
    let options = serve::Options { files: Some(FILES), ..serve::Options::default() };
    let mut server = Server::start(options).await?;
    let address = server.address;
    let mut accepted = connect_many(address, 0, FIRST_CLIENTS).await?;
    let (arrival_sender, mut arrivals) = mpsc::unbounded_channel();
    for number in FIRST_CLIENTS..FIRST_CLIENTS + MORE_CLIENTS {
        let arrival_sender = arrival_sender.clone();
        tokio::spawn(async move {
            let client = connect(address, number).await;
            // The receiver is gone when the measurement is over.
            let _ = arrival_sender.send(client);
        });
    }
    while let Ok(client) = timeout(FULL_AFTER, arrivals.recv()).await {
        accepted.push(client.context("all tasks ended")??);
    }
    let full = accepted.len();
    let waiting = FIRST_CLIENTS + MORE_CLIENTS - full;
    report.measurement("accepted clients when the descriptors have run out", full);
    report.check("waiting clients", waiting, "> 100", waiting > LEAVING);
    report.exactly("accepted clients with a reply", count_served(&mut accepted).await, full as u64);

    accepted.truncate(full - LEAVING);
    let start = Instant::now();
    for _ in 0..LEAVING {
        let client = timeout(ACCEPT_TIMEOUT, arrivals.recv()).await;
        let client = client.context("100 clients disconnected, and no other was accepted")?;
        accepted.push(client.context("all tasks ended")??);
    }
    let waited = start.elapsed().as_millis();
    report.measurement("until 100 were accepted, after 100 disconnected", format!("{waited} ms"));
    report.exactly("accepted clients with a reply", count_served(&mut accepted).await, full as u64);
    // The clients that were never accepted stop waiting.
    drop(arrivals);
    server.counts().await.context("the server has ended")?;
    drop(accepted);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

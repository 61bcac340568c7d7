//! The server runs out of file descriptors. No connected client may be lost, and when some leave, waiting
//! clients get in.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::one_disconnect_each;
use crate::{
    clients::{answering, connect, crowd},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The server's limit of open files.
const FILES: u64 = 256;
/// Clients that connect first.
const INSIDE: usize = 200;
/// Clients that connect then, of which not all get in.
const OUTSIDE: usize = 200;
/// Clients that leave.
const LEAVE: usize = 100;
/// If no client gets in for this long, the server is full.
const FULL: Duration = Duration::from_secs(1);
/// How long waiting clients may wait.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn run() -> Result<bool> {
    system::check(INSIDE + OUTSIDE)?;
    let mut report = Report::new("fds");
    let options = serve::Options { files: Some(FILES), ..serve::Options::default() };
    let mut server = Server::start(options).await?;
    let address = server.address;
    let mut inside = crowd(address, 0, INSIDE).await?;
    let (tell, mut arrivals) = mpsc::unbounded_channel();
    for number in INSIDE..INSIDE + OUTSIDE {
        let tell = tell.clone();
        tokio::spawn(async move {
            let client = connect(address, number).await;
            // The receiver is gone when the measurement is over.
            let _ = tell.send(client);
        });
    }
    while let Ok(client) = timeout(FULL, arrivals.recv()).await {
        inside.push(client.context("all tasks ended")??);
    }
    let full = inside.len();
    let waiting = INSIDE + OUTSIDE - full;
    report.note("clients in, when the descriptors have run out", full);
    let enough = "> 100";
    report.demand("clients that wait outside", waiting, enough, waiting > LEAVE);
    report.exactly("clients inside that answer", answering(&mut inside).await, full as u64);

    inside.truncate(full - LEAVE);
    let start = Instant::now();
    for _ in 0..LEAVE {
        let client = timeout(PATIENCE, arrivals.recv()).await;
        let client = client.context("100 clients left and no other got in")?;
        inside.push(client.context("all tasks ended")??);
    }
    let waited = start.elapsed().as_millis();
    report.note("until 100 got in, after 100 left", format!("{waited} ms"));
    report.exactly("clients inside that answer", answering(&mut inside).await, full as u64);
    // The clients that never got in stop waiting.
    drop(arrivals);
    server.counts().await.context("the server did not survive")?;
    drop(inside);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.good())
}

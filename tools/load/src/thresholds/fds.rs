//! The server's file descriptors run out: nobody who is in is lost, and when some leave, those who
//! wait get in.

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

/// What the server may open.
const FILES: u64 = 256;
/// Who gets in.
const INSIDE: usize = 200;
/// Who comes then, for whom there is not room.
const OUTSIDE: usize = 200;
/// Who leaves.
const LEAVE: usize = 100;
/// When nobody came for so long, the server is full.
const FULL: Duration = Duration::from_secs(1);
/// How long those who wait may have to wait for.
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
            // Nobody listens any more when the measurement is over.
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
        let client = client.context("100 left and nobody got in")?;
        inside.push(client.context("all tasks ended")??);
    }
    let waited = start.elapsed().as_millis();
    report.note("until 100 got in, after 100 left", format!("{waited} ms"));
    report.exactly("clients inside that answer", answering(&mut inside).await, full as u64);
    // The others, who never got in, give up.
    drop(arrivals);
    server.counts().await.context("the server did not survive")?;
    drop(inside);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.good())
}

//! Clients that keep connections open with slow requests, and regular clients at the same time.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use clap::Args;
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, interval, sleep, timeout},
};

use super::one_disconnect_each;
use crate::{
    clients::{connect, socket},
    report::Report,
    serve,
    server::Server,
    system,
};

/// The longest time for a slow client; the gateway allows 10 seconds for a request's head.
const AT_MOST: Duration = Duration::from_secs(30);

/// The interval between handshakes of regular clients.
const HONEST: Duration = Duration::from_millis(20);

/// What slow clients send: at the start, and every second after that.
const DRIPS: [(&str, &str, &str); 4] = [
    ("a request's head", "GET /load HTTP/1.1\r\nHost: h\r\nX: ", "x"),
    ("nothing at all", "", ""),
    ("nothing after a first request", "GET /lift.json HTTP/1.1\r\nHost: h\r\n\r\n", ""),
    (
        "a request's body",
        "POST /load/@connections/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n",
        "x",
    ),
];

#[derive(Args)]
pub(crate) struct Options {
    /// How many slow clients
    #[arg(long, default_value_t = 1000)]
    clients: usize,
}

pub(crate) async fn run(Options { clients: count }: Options) -> Result<bool> {
    system::check(count * 2)?;
    let mut report = Report::new("slowloris");
    let server = Server::start(serve::Options::default()).await?;
    let address = server.address;
    let dripping = (0..count).map(|number| tokio::spawn(drip(address, number)));
    let mut dripping = Box::pin(join_all(dripping));
    let mut honest = Vec::new();
    let mut ticks = interval(HONEST);
    let ended = loop {
        tokio::select! {
            ended = &mut dripping => break ended,
            _ = ticks.tick() => honest.push(tokio::spawn(async move {
                let start = Instant::now();
                let client = connect(address, count).await?;
                anyhow::Ok((client, start.elapsed()))
            })),
        }
    };
    let mut lasted = Vec::new();
    for end in ended {
        lasted.push(end??);
    }
    for (kind, (what, ..)) in DRIPS.iter().enumerate() {
        let these = || lasted.iter().skip(kind).step_by(DRIPS.len());
        let closed = these().flatten().count() as u64;
        report.exactly(&format!("closed: {what}"), closed, these().count() as u64);
        let last = these().flatten().max().map_or(f64::NAN, Duration::as_secs_f64);
        report.note("the last of them after", format!("{last:.1} s"));
    }
    let tried = honest.len() as u64;
    let mut latencies = Vec::new();
    let mut clients = Vec::new();
    for client in honest {
        if let Ok((client, latency)) = client.await? {
            clients.push(client);
            latencies.push(latency);
        }
    }
    report.exactly("regular clients accepted meanwhile", latencies.len() as u64, tried);
    report.latencies("their handshakes", latencies);
    drop(clients);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.good())
}

/// How long the server kept the connection; `None` if too long.
async fn drip(server: SocketAddr, number: usize) -> Result<Option<Duration>> {
    let (_, first, then) = DRIPS[number % DRIPS.len()];
    let (mut reads, mut writes) = socket(server, number).await?.into_split();
    let start = Instant::now();
    writes.write_all(first.as_bytes()).await?;
    let dripping = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            if writes.write_all(then.as_bytes()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let reading = async {
        let mut answer = [0; 1024];
        while matches!(reads.read(&mut answer).await, Ok(1..)) {}
    };
    let ended = timeout(AT_MOST, async {
        tokio::select! {
            () = dripping => {}
            () = reading => {}
        }
    });
    Ok(ended.await.is_ok().then(|| start.elapsed()))
}

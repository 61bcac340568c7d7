//! Slowloris, the attack with very slow requests that keep connections open, and regular clients at the same time.

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

/// The longest time for a slow client; the gateway allows 10 seconds for a request's headers.
const MAX_CONNECTION_TIME: Duration = Duration::from_secs(30);

/// The interval between handshakes of regular clients.
const REGULAR_INTERVAL: Duration = Duration::from_millis(20);

/// The kinds of slow clients: a name, the first bytes, and the bytes of every second after that.
const SLOW_CLIENTS: [(&str, &str, &str); 4] = [
    ("a request's headers", "GET /load HTTP/1.1\r\nHost: h\r\nX: ", "x"),
    ("nothing at all", "", ""),
    ("nothing after a first request", "GET /lift.json HTTP/1.1\r\nHost: h\r\n\r\n", ""),
    (
        "a request's body",
        "POST /load/@connections/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n",
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
    let slow_clients = (0..count).map(|number| tokio::spawn(slow_client(address, number)));
    let mut slow_clients = Box::pin(join_all(slow_clients));
    let mut regular = Vec::new();
    let mut ticks = interval(REGULAR_INTERVAL);
    let ended = loop {
        tokio::select! {
            ended = &mut slow_clients => break ended,
            _ = ticks.tick() => regular.push(tokio::spawn(async move {
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
    for (kind, (what, ..)) in SLOW_CLIENTS.iter().enumerate() {
        let of_kind = || lasted.iter().skip(kind).step_by(SLOW_CLIENTS.len());
        let closed = of_kind().flatten().count() as u64;
        report.exactly(&format!("closed: {what}"), closed, of_kind().count() as u64);
        let last = of_kind().flatten().max().map_or(f64::NAN, Duration::as_secs_f64);
        report.measurement("the last of them after", format!("{last:.1} s"));
    }
    let tried = regular.len() as u64;
    let mut latencies = Vec::new();
    let mut clients = Vec::new();
    for client in regular {
        if let Ok((client, latency)) = client.await? {
            clients.push(client);
            latencies.push(latency);
        }
    }
    report.exactly("regular clients accepted meanwhile", latencies.len() as u64, tried);
    report.latencies("their handshakes", latencies);
    drop(clients);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}

/// Returns how long the server kept the connection; `None` if longer than `MAX_CONNECTION_TIME`.
async fn slow_client(server: SocketAddr, number: usize) -> Result<Option<Duration>> {
    let (_, first, then) = SLOW_CLIENTS[number % SLOW_CLIENTS.len()];
    let (mut reads, mut writes) = socket(server, number).await?.into_split();
    let start = Instant::now();
    writes.write_all(first.as_bytes()).await?;
    let slow_clients = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            if writes.write_all(then.as_bytes()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let reading = async {
        let mut buffer = [0; 1024];
        while matches!(reads.read(&mut buffer).await, Ok(1..)) {}
    };
    let ended = timeout(MAX_CONNECTION_TIME, async {
        tokio::select! {
            () = slow_clients => {}
            () = reading => {}
        }
    });
    Ok(ended.await.is_ok().then(|| start.elapsed()))
}

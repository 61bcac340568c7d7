//! Clients that send one message at a time and wait for its echo. They measure the messages per second
//! and the round-trip times.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt, future::try_join_all};
use nix::sys::resource::{Resource, getrlimit};
use serde::Serialize;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::Message,
};

use crate::print;

/// File descriptors besides the sockets.
const OTHER_FILES: u64 = 50;

/// How long a client waits for a reply before the run fails.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server, such as `ws://127.0.0.1:3001/local`.
    url: String,
    #[arg(long, default_value_t = 64, value_name = "NUMBER")]
    clients: u32,
    /// The length of the measured time.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    seconds: f64,
    /// How long to send messages before that.
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    warm_up: f64,
}

/// The result of a run, printed as JSON.
#[derive(Serialize)]
struct Measurements {
    clients: u32,
    /// All replies, including those outside the measured time.
    replies: u64,
    messages: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

/// The time in which messages are counted.
struct MeasuredTime {
    start: Instant,
    end: Instant,
}

/// The replies to one client.
struct ClientResult {
    replies: u64,
    /// The round-trip times of messages that were sent and returned within the measured time.
    times: Vec<Duration>,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let needed = u64::from(args.clients) + OTHER_FILES;
    ensure!(
        soft >= needed,
        "this shell allows {soft} open files, and {} clients need {needed}: `ulimit -n {needed}` first",
        args.clients
    );
    let sockets = try_join_all((0..args.clients).map(|_| connect(&args.url))).await?;
    let start = Instant::now() + Duration::from_secs_f64(args.warm_up);
    let measured = MeasuredTime { start, end: start + Duration::from_secs_f64(args.seconds) };
    let clients = sockets
        .into_iter()
        .enumerate()
        .map(|(number, socket)| run_client(socket, number, &measured));
    let results = try_join_all(clients).await?;
    let replies = results.iter().map(|result| result.replies).sum();
    let mut times: Vec<Duration> = results.into_iter().flat_map(|result| result.times).collect();
    times.sort_unstable();
    let at = |part: f64| {
        let rank = (times.len() as f64 * part) as usize;
        times.get(rank).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    let measurements = Measurements {
        clients: args.clients,
        replies,
        messages: times.len(),
        per_second: times.len() as f64 / args.seconds,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        p999_ms: at(0.999),
    };
    print::line(&serde_json::to_string(&measurements)?)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(url: &str) -> Result<Socket> {
    // A handshake is a large future. `true` disables Nagle's algorithm, as in browsers.
    let handshake = Box::pin(connect_async_with_config(url, None, true));
    Ok(timeout(TIMEOUT, handshake).await.context("no response to a handshake")??.0)
}

/// Sends messages and waits for their echoes until the measured time ends.
async fn run_client(
    mut socket: Socket,
    number: usize,
    measured: &MeasuredTime,
) -> Result<ClientResult> {
    let mut result = ClientResult { replies: 0, times: Vec::new() };
    loop {
        let sent = Instant::now();
        if sent >= measured.end {
            break;
        }
        let text = format!(r#"{{"action":"ping","client":{number},"round":{}}}"#, result.replies);
        socket.send(Message::text(text.as_str())).await?;
        loop {
            let reply = timeout(TIMEOUT, socket.next()).await.context("no reply came")?;
            match reply.context("the connection ended")?? {
                Message::Text(reply) => {
                    ensure!(reply == text, "the echo of {text} is {reply}");
                    break;
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => anyhow::bail!("the reply to {text} is {other:?}"),
            }
        }
        result.replies += 1;
        let now = Instant::now();
        if sent >= measured.start && now <= measured.end {
            result.times.push(now - sent);
        }
    }
    // A server that does not reply to the close frame does not affect the result.
    let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
    Ok(result)
}

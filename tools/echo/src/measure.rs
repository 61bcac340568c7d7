//! Clients that play ping-pong with a server, each with one message on its way: how many come back in
//! a second, and how long each takes.

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

/// File descriptors beside the sockets.
const OTHER_FILES: u64 = 50;

/// How long a client waits for a reply before the run fails.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server, such as `ws://127.0.0.1:3001/local`.
    url: String,
    #[arg(long, default_value_t = 64, value_name = "NUMBER")]
    clients: u32,
    /// How long to count.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    seconds: f64,
    /// How long to play before that.
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    warm_up: f64,
}

/// What one run comes to; printed as JSON.
#[derive(Serialize)]
struct Outcome {
    clients: u32,
    /// All that came back, also before and after the window.
    replies: u64,
    messages: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

/// The time in which messages count.
struct Window {
    start: Instant,
    end: Instant,
}

/// What one client saw.
struct Game {
    replies: u64,
    /// Of the messages that were sent and came back within the window.
    times: Vec<Duration>,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = u64::from(args.clients) + OTHER_FILES;
    ensure!(
        soft >= wanted,
        "this shell allows {soft} open files, and {} clients need {wanted}: `ulimit -n {wanted}` first",
        args.clients
    );
    let sockets = try_join_all((0..args.clients).map(|_| connect(&args.url))).await?;
    let start = Instant::now() + Duration::from_secs_f64(args.warm_up);
    let window = Window { start, end: start + Duration::from_secs_f64(args.seconds) };
    let playing =
        sockets.into_iter().enumerate().map(|(number, socket)| play(socket, number, &window));
    let games = try_join_all(playing).await?;
    let replies = games.iter().map(|game| game.replies).sum();
    let mut times: Vec<Duration> = games.into_iter().flat_map(|game| game.times).collect();
    times.sort_unstable();
    let at = |part: f64| {
        let rank = (times.len() as f64 * part) as usize;
        times.get(rank).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    let outcome = Outcome {
        clients: args.clients,
        replies,
        messages: times.len(),
        per_second: times.len() as f64 / args.seconds,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        p999_ms: at(0.999),
    };
    print::line(&serde_json::to_string(&outcome)?)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(url: &str) -> Result<Socket> {
    // A handshake is a large future. Without Nagle's algorithm, as browsers connect.
    let handshake = Box::pin(connect_async_with_config(url, None, true));
    Ok(timeout(PATIENCE, handshake).await.context("no answer to a handshake")??.0)
}

/// Plays until the window ends.
async fn play(mut socket: Socket, number: usize, window: &Window) -> Result<Game> {
    let mut game = Game { replies: 0, times: Vec::new() };
    loop {
        let sent = Instant::now();
        if sent >= window.end {
            break;
        }
        let text = format!(r#"{{"action":"ping","client":{number},"round":{}}}"#, game.replies);
        socket.send(Message::text(text.as_str())).await?;
        loop {
            let reply = timeout(PATIENCE, socket.next()).await.context("no reply came")?;
            match reply.context("the connection ended")?? {
                Message::Text(reply) => {
                    ensure!(reply == text, "{text} came back as {reply}");
                    break;
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => anyhow::bail!("{text} was answered with {other:?}"),
            }
        }
        game.replies += 1;
        let now = Instant::now();
        if sent >= window.start && now <= window.end {
            game.times.push(now - sent);
        }
    }
    // A server that does not answer the close has nothing more to say to the figures.
    let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
    Ok(game)
}

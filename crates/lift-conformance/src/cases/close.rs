//! Close codes, sizes, binary and control frames ([R-5.3], [R-5.4], [R-5.5]).

use std::time::Duration;

use futures_util::StreamExt;
use http::Method;
use lift_ws::event::limits::{FRAME_BYTES, MESSAGE_BYTES};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    Finding, TargetApi, Timing,
    client::{Client, message_for},
    error::{holds, same},
    frames,
    probe::{Instructions, digest_of},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "5.3-idle",
            Documented,
            "a connection without messages is closed with 1001 \"Going away\"",
            idle,
        )
        .on_api(Api::Token)
        .with_wait(|timing| timing.idle),
        Case::new(
            "5.3-lifetime",
            Documented,
            "a connection at the end of its lifetime is closed with 1001 \"Going away\"",
            lifetime,
        )
        .on_api(Api::Bare)
        .with_wait(|timing| timing.lifetime),
        Case::new("5.3-binary", Documented, "a binary frame is refused: 1003", binary),
        Case::new(
            "5.3-binary-unseen",
            Documented,
            "a binary frame reaches no function",
            binary_unseen,
        ),
        Case::new("5.3-delete", Unsure, "DELETE closes the client with 1000", delete),
        Case::new("5.4-frame", Documented, "a frame may have 32 KB", |api| {
            fits(api, &[FRAME_BYTES])
        }),
        Case::new(
            "5.4-frame-too-long",
            Documented,
            "a frame above 32 KB closes with 1009",
            |api| too_long(api, &[FRAME_BYTES + 1]),
        ),
        Case::new(
            "5.4-message",
            Documented,
            "a message may have 128 KB in frames of 32 KB, and reaches the function as one event",
            |api| fits(api, &[FRAME_BYTES; MESSAGE_BYTES / FRAME_BYTES]),
        ),
        Case::new(
            "5.4-message-too-long",
            Documented,
            "a message above 128 KB closes with 1009",
            |api| too_long(api, &[FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, 1]),
        ),
        Case::new(
            "5.4-post",
            Observed,
            "a POST may have 128 KB, and the client gets it unchanged",
            post_fits,
        ),
        Case::new(
            "5.4-post-split",
            Observed,
            "a long POST is sent in frames of at most 32 KB",
            post_split,
        ),
        Case::new("5.5-ping", Unsure, "a ping is answered with its bytes", ping),
        Case::new("5.5-ping-unseen", Observed, "a ping reaches no function", ping_unseen),
        Case::new("5.5-no-pings", Observed, "the gateway sends no pings", no_pings)
            .on_api(Api::Token)
            .with_wait(|timing| timing.idle),
        Case::new(
            "5.5-message-is-activity",
            Observed,
            "messages of the client keep a connection open",
            |api| stays_open(api, false),
        )
        .on_api(Api::Token)
        .with_wait(twice_idle),
        Case::new(
            "5.5-post-is-activity",
            Observed,
            "POSTs to the client keep a connection open",
            |api| stays_open(api, true),
        )
        .on_api(Api::Token)
        .with_wait(twice_idle),
        Case::new("5.5-ping-is-none", Unsure, "pings do not keep a connection open", ping_is_none)
            .on_api(Api::Token)
            .with_wait(|timing| timing.idle),
        Case::new(
            "5.5-binary-post",
            Unsure,
            "a POST that is not UTF-8 is sent as a binary frame",
            binary_post,
        ),
    ]
}

fn twice_idle(timing: &Timing) -> Duration {
    timing.idle * 2
}

async fn idle(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let start = Instant::now();
    let (code, reason) = client.closed_within(api.timing.idle + api.timing.arrival_timeout).await?;
    same("the close", (code, reason.as_str()), (1001, "Going away"))?;
    holds("not before its time", start.elapsed() >= api.timing.idle / 2, start.elapsed())
}

async fn lifetime(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let start = Instant::now();
    // The watcher itself must not be idle.
    let pause = api.timing.idle / 3;
    loop {
        let left = api.timing.lifetime + api.timing.arrival_timeout;
        let left = left.saturating_sub(start.elapsed());
        match timeout(pause.min(left), client.socket().next()).await {
            Err(_) if start.elapsed() < api.timing.lifetime + api.timing.arrival_timeout => {
                client.send(r#"{"action":"two","reply":"{\"statusCode\":200}"}"#).await?;
            }
            Err(_) => return Err(Finding::differs("a close", "none in time")),
            Ok(Some(Ok(Message::Close(Some(frame))))) => {
                same(
                    "the close",
                    (u16::from(frame.code), frame.reason.as_str()),
                    (1001, "Going away"),
                )?;
                let lived = start.elapsed();
                return holds("not before its time", lived >= api.timing.lifetime / 2, lived);
            }
            Ok(Some(Ok(_))) => {}
            Ok(other) => return Err(Finding::differs("a close", format!("{other:?}"))),
        }
    }
}

async fn binary(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    client.send(Message::binary(message_for("two", &Instructions::default()).into_bytes())).await?;
    same("the close code", client.closed().await?.0, 1003)
}

async fn binary_unseen(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut client = api.client().await?;
    client.send(Message::binary(message_for("one", &watcher.instructions()).into_bytes())).await?;
    watcher.client.expect_no_message().await
}

async fn delete(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    same("the status", api.manage(Method::DELETE, &id, "").await?.status, 204)?;
    same("the close code", client.closed().await?.0, 1000)
}

/// A message to `two` of exactly this many bytes, which asks for a digest.
fn message(bytes: usize) -> String {
    let empty = r#"{"action":"two","digest":true,"pad":""}"#;
    empty.replace(r#""pad":"""#, &format!(r#""pad":"{}""#, "x".repeat(bytes - empty.len())))
}

async fn fits(api: TargetApi, lengths: &'static [usize]) -> CaseResult {
    let mut client = api.client().await?;
    let text = message(lengths.iter().sum());
    frames::send(&mut client, text.as_bytes(), lengths).await?;
    same("what the function got", client.text().await?, digest_of(&text))
}

async fn too_long(api: TargetApi, lengths: &'static [usize]) -> CaseResult {
    let mut client = api.client().await?;
    let text = message(lengths.iter().sum());
    // The gateway may close before it has read all.
    let _ = frames::send(&mut client, text.as_bytes(), lengths).await;
    same("the close code", client.closed().await?.0, 1009)
}

async fn post_fits(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let text = "y".repeat(MESSAGE_BYTES);
    same("the status", api.manage(Method::POST, &id, text.clone()).await?.status, 200)?;
    holds("the same 128 KB", client.text().await? == text, "something else")
}

async fn post_split(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let text = "y".repeat(MESSAGE_BYTES);
    same("the status", api.manage(Method::POST, &id, text).await?.status, 200)?;
    let lengths = frames::next_frame_lengths(&mut client, api.timing.arrival_timeout).await?;
    holds("no frame above 32 KB", lengths.iter().all(|length| *length <= FRAME_BYTES), &lengths)?;
    same("all of it", lengths.iter().sum::<usize>(), MESSAGE_BYTES)
}

async fn ping(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    client.send(Message::Ping(Bytes::from_static(b"are you there"))).await?;
    match timeout(api.timing.arrival_timeout, client.socket().next()).await {
        Ok(Some(Ok(Message::Pong(bytes)))) => same("the pong", &bytes[..], b"are you there"),
        other => Err(Finding::differs("a pong", format!("{other:?}"))),
    }
}

async fn ping_unseen(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut client = api.client().await?;
    // A ping that reached the function would give a reply.
    let instructions = message_for("one", &watcher.instructions());
    client.send(Message::Ping(instructions.into_bytes().into())).await?;
    watcher.client.expect_no_message().await
}

async fn no_pings(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let until = async {
        loop {
            match client.socket().next().await {
                Some(Ok(Message::Ping(bytes))) => {
                    return Err(Finding::differs("no ping", format!("{bytes:?}")));
                }
                Some(Ok(_)) => {}
                _ => return Ok(()),
            }
        }
    };
    timeout(api.timing.idle, until).await.unwrap_or(Ok(()))
}

async fn stays_open(api: TargetApi, by_posts: bool) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let start = Instant::now();
    while start.elapsed() < api.timing.idle * 3 / 2 {
        sleep(api.timing.idle / 4).await;
        if by_posts {
            same("the status", api.manage(Method::POST, &id, "tick").await?.status, 200)?;
            same("the message", client.text().await?, "tick".to_owned())?;
        } else {
            client.send(r#"{"action":"one"}"#).await?;
        }
    }
    client.id().await.map(drop)
}

async fn ping_is_none(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let start = Instant::now();
    while start.elapsed() < api.timing.idle * 2 {
        if client.send(Message::Ping(Bytes::new())).await.is_err() {
            return Ok(());
        }
        if let Some(code) = closed_soon(&mut client, api.timing.idle / 5).await? {
            return same("the close code", code, 1001);
        }
    }
    Err(Finding::differs("a close after the idle time", "an open connection"))
}

/// The code of the next frame, which has to be a close frame.
async fn closed_soon(client: &mut Client, within: Duration) -> CaseResult<Option<u16>> {
    let end = Instant::now() + within;
    loop {
        match tokio::time::timeout_at(end, client.socket().next()).await {
            Err(_) => return Ok(None),
            Ok(Some(Ok(Message::Close(frame)))) => {
                return Ok(Some(frame.map_or(1005, |frame| frame.code.into())));
            }
            Ok(Some(Ok(_))) => {}
            Ok(other) => return Err(Finding::differs("a close", format!("{other:?}"))),
        }
    }
}

async fn binary_post(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let bytes = Bytes::from_static(b"a\xff\xfe");
    same("the status", api.manage(Method::POST, &id, bytes.clone()).await?.status, 200)?;
    same("the message", client.next().await?, Message::Binary(bytes))
}

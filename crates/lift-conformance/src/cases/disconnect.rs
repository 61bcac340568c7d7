//! `$disconnect` events ([R-1.2], [R-8]).

use http::Method;
use serde_json::Value;

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    TargetApi,
    error::{holds, same},
    probe::{Failure, Instructions},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "1.2-no-code",
            Documented,
            "the client closes without a code: 1005 \"Client-side close frame status not set\"",
            |api| closes(api, None, (1005, "Client-side close frame status not set")),
        ),
        Case::new(
            "1.2-going-away",
            Observed,
            "the client closes with 1001, as browsers do for a closed tab: 1001 without a reason",
            |api| closes(api, Some((1001, "")), (1001, "")),
        ),
        Case::new("1.2-own-code", Unsure, "a client's own code and reason are passed on", |api| {
            closes(api, Some((4321, "my own")), (4321, "my own"))
        }),
        Case::new("1.2-delete", Observed, "DELETE: 1000 \"Connection Closed Normally\"", deleted),
        Case::new(
            "1.2-idle",
            Observed,
            "no message within the idle time: 1001 \"Going away\"",
            idle,
        )
        .on_api(Api::Token)
        .with_wait(|timing| timing.idle),
        Case::new(
            "1.2-lost",
            Documented,
            "the client is lost without a close frame: 1006",
            |api| async move { same("the code", code(&lost(&api, true).await?), Some(1006)) },
        ),
        Case::new("1.2-lost-reason", Unsure, "the reason of 1006 is empty", |api| async move {
            let event = lost(&api, true).await?;
            same("the reason", event["requestContext"]["disconnectReason"].as_str(), Some(""))
        }),
        Case::new(
            "8-silent",
            Unsure,
            "a lost client that never sent anything has a `$disconnect`",
            |api| async move { lost(&api, false).await.map(drop) },
        ),
        Case::new("8-once", Documented, "`$disconnect` runs once, after the close", once),
        Case::new(
            "8-reply-ignored",
            Documented,
            "the reply of `$disconnect` is ignored: it does not run again",
            reply_ignored,
        ),
        Case::new(
            "8-refused",
            Unsure,
            "a client that `$connect` refused has no `$disconnect`",
            refused,
        ),
        Case::new(
            "8-late",
            Observed,
            "a message's function keeps running after its client has left, and its posts to the client get 410",
            late,
        ),
    ]
}

fn code(event: &Value) -> Option<u64> {
    event["requestContext"]["disconnectStatusCode"].as_u64()
}

fn ended_with(event: &Value, expected: (u64, &str)) -> CaseResult {
    let reason = event["requestContext"]["disconnectReason"].as_str();
    same("code and reason", (code(event), reason), (Some(expected.0), Some(expected.1)))
}

async fn closes(
    api: TargetApi,
    frame: Option<(u16, &'static str)>,
    expected: (u64, &'static str),
) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let (client, _) = watcher.client(&api).await?;
    client.close(frame).await?;
    ended_with(&watcher.event("DISCONNECT").await?, expected)
}

async fn deleted(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let (mut client, _) = watcher.client(&api).await?;
    let id = client.id().await?;
    same("the status", api.manage(Method::DELETE, &id, "").await?.status, 204)?;
    // The client library answers the close frame while it reads.
    let _ = client.closed().await;
    ended_with(&watcher.event("DISCONNECT").await?, (1000, "Connection Closed Normally"))
}

async fn idle(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let (mut client, _) = watcher.client(&api).await?;
    let (idle, max_wait) = (api.timing.idle, api.timing.arrival_timeout);
    // The watcher itself must not be idle.
    let watching = async {
        let end = tokio::time::Instant::now() + idle + max_wait;
        while tokio::time::Instant::now() < end {
            watcher.client.send(r#"{"action":"one"}"#).await?;
            if let Ok(event) = watcher.event_within("DISCONNECT", idle / 4).await {
                return Ok(event);
            }
        }
        Err(crate::Finding::differs("a DISCONNECT event", "none in time"))
    };
    let (closed, event) = tokio::join!(client.closed_within(idle + max_wait), watching);
    closed?;
    ended_with(&event?, (1001, "Going away"))
}

/// The `$disconnect` of a client whose TCP connection ends without a close frame.
async fn lost(api: &TargetApi, sent_a_message: bool) -> CaseResult<Value> {
    let mut watcher = api.watcher().await?;
    let (mut client, _) = watcher.client(api).await?;
    if sent_a_message {
        client.event().await?;
    }
    drop(client);
    watcher.event("DISCONNECT").await
}

async fn once(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let (client, _) = watcher.client(&api).await?;
    client.close(None).await?;
    let event = watcher.event("DISCONNECT").await?;
    let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
    same("the status of a POST by then", api.manage(Method::POST, id, "x").await?.status, 410)?;
    watcher.client.expect_no_message().await
}

async fn reply_ignored(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    for instructions in [
        Instructions { fail: Some(Failure::Error("no".into())), ..watcher.instructions() },
        Instructions { reply: Some(r#"{"x":1}"#.into()), ..watcher.instructions() },
    ] {
        api.handshake().disconnect(&instructions).open().await?.close(None).await?;
        watcher.event("DISCONNECT").await?;
        watcher.client.expect_no_message().await?;
    }
    Ok(())
}

async fn refused(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let refusing =
        Instructions { reply: Some(r#"{"statusCode":403}"#.into()), ..Instructions::default() };
    let handshake = api.handshake().connect(&refusing).disconnect(&watcher.instructions());
    let status = handshake.status().await?;
    holds("a refusal", status >= 400, status)?;
    watcher.client.expect_no_message().await
}

async fn late(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let (mut client, event) = watcher.client(&api).await?;
    let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default().to_owned();
    let sleep = u64::try_from((api.timing.silence * 3).as_millis()).ok();
    let after = Some("later".to_owned());
    client.instruct("one", &Instructions { sleep, after, ..watcher.instructions() }).await?;
    watcher.event("MESSAGE").await?;
    client.close(None).await?;
    // Their order is not defined.
    let mut seen = [watcher.client.text().await?, watcher.client.text().await?];
    seen.sort_by_key(String::len);
    same("what it does later", seen[0].as_str(), "later")?;
    holds("a DISCONNECT event", seen[1].contains(r#"DISCONNECT""#), &seen[1])?;
    same("the status of a POST", api.manage(Method::POST, &id, "x").await?.status, 410)
}

//! Replies, error frames and order ([R-5.1], [R-5.2], [R-5.6]).

use super::selection::is_error_frame;
use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    Finding, TargetApi,
    client::Client,
    error::{holds, same},
    probe::{Failure, Instructions},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "5.1-one-way",
            Documented,
            "on a one-way route the body of the reply is not sent",
            |api| no_reply(api, "one", r#"{"statusCode":200,"body":"hello"}"#),
        ),
        Case::new(
            "5.1-two-way",
            Documented,
            "on a two-way route the body of the reply is sent as one text frame",
            |api| says(api, r#"{"statusCode":200,"body":"hello"}"#, "hello"),
        ),
        Case::new(
            "5.1-two-way-500",
            Observed,
            "on a two-way route the body is sent whatever the status is",
            |api| says(api, r#"{"statusCode":500,"body":"hello"}"#, "hello"),
        ),
        Case::new(
            "5.1-all-keys",
            Observed,
            "a reply may have `headers`, `multiValueHeaders` and `isBase64Encoded`",
            |api| {
                let reply = r#"{"statusCode":200,"headers":{"a":"b"},"multiValueHeaders":{"a":["b"]},"body":"hello","isBase64Encoded":false}"#;
                says(api, reply, "hello")
            },
        ),
        Case::new("5.1-status-alone", Observed, "a reply with `statusCode` alone is valid", |api| {
            no_reply(api, "one", r#"{"statusCode":200}"#)
        }),
        Case::new(
            "5.1-one-way-error-status",
            Unsure,
            "on a one-way route a status of 400 or more sends nothing",
            |api| no_reply(api, "one", r#"{"statusCode":500,"body":"hello"}"#),
        ),
        Case::new(
            "5.1-unknown-key",
            Observed,
            "any other key in a reply is an error, on one-way routes too",
            |api| fails(api, "one", reply(r#"{"statusCode":200,"ConnectionId":"a","Data":"b"}"#)),
        ),
        Case::new("5.1-empty-reply", Unsure, "the replies `null` and `{}` are errors", |api| async move {
            fails(api.clone(), "two", reply("null")).await?;
            fails(api, "two", reply("{}")).await
        }),
        Case::new(
            "5.2-error",
            Observed,
            "an error of the function gives the \"Internal server error\" frame, byte for byte, and the client \
             stays connected",
            |api| fails(api, "two", fail(Failure::Error("no".into()))),
        ),
        Case::new("5.2-error-one-way", Observed, "an error of the function on a one-way route gives the \"Internal server error\" frame", |api| {
            fails(api, "one", fail(Failure::Error("no".into())))
        }),
        Case::new("5.2-crash", Observed, "a crash of the function gives the \"Internal server error\" frame", |api| {
            fails(api, "two", fail(Failure::Exit))
        }),
        Case::new("5.2-malformed", Observed, "a malformed reply gives the \"Internal server error\" frame", |api| async move {
            for text in [r#""text""#, r#"[1]"#, r#"{"statusCode":"no"}"#] {
                fails(api.clone(), "two", reply(text)).await?;
            }
            Ok(())
        }),
        Case::new(
            "5.2-timeout",
            Observed,
            "after the integration timeout the client gets the \"Endpoint request timed out\" frame, byte for \
             byte, and stays connected",
            |api| timeout(api, "two"),
        )
        .with_wait(|timing| timing.integration),
        Case::new("5.2-timeout-one-way", Observed, "the timeout on a one-way route gives the \"Endpoint request timed out\" frame", |api| timeout(api, "one"))
            .with_wait(|timing| timing.integration),
        Case::new(
            "5.2-runs-on",
            Observed,
            "the function keeps running after the timeout",
            runs_on,
        )
        .with_wait(|timing| timing.integration),
        Case::new(
            "5.2-request-id",
            Unsure,
            "the `requestId` of an error frame is that of the message's event",
            request_id,
        ),
        Case::new(
            "5.2-throttled",
            Unsure,
            "a message above the rate gives a \"Too Many Requests\" frame",
            throttled,
        )
        .on_api(Api::Throttled),
        Case::new(
            "5.6-concurrent",
            Unsure,
            "messages of one connection are handled at the same time: a later one may be answered first",
            concurrent,
        ),
    ]
}

fn reply(text: impl Into<String>) -> Instructions {
    Instructions { reply: Some(text.into()), ..Instructions::default() }
}

fn fail(how: Failure) -> Instructions {
    Instructions { fail: Some(how), ..Instructions::default() }
}

async fn no_reply(api: TargetApi, route: &'static str, text: &'static str) -> CaseResult {
    let mut client = api.client().await?;
    client.instruct(route, &reply(text)).await?;
    client.expect_no_message().await
}

async fn says(api: TargetApi, text: &'static str, expected: &'static str) -> CaseResult {
    let mut client = api.client().await?;
    client.instruct("two", &reply(text)).await?;
    same("the frame", client.text().await?, expected.to_owned())?;
    client.expect_no_message().await
}

async fn fails(api: TargetApi, route: &'static str, instructions: Instructions) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    client.instruct(route, &instructions).await?;
    is_error_frame(&client.text().await?, "Internal server error", &id)?;
    client.expect_no_message().await
}

/// Instructions that take longer than the integration timeout.
fn too_long(api: &TargetApi, instructions: Instructions) -> Instructions {
    let sleep = u64::try_from((api.timing.integration + api.timing.silence).as_millis()).ok();
    Instructions { sleep, ..instructions }
}

async fn timed_out(api: &TargetApi, client: &mut Client) -> CaseResult<String> {
    let max_wait = api.timing.integration + api.timing.arrival_timeout;
    match client.next_within(max_wait).await?.into_text() {
        Ok(text) => Ok(text.as_str().to_owned()),
        Err(error) => Err(Finding::differs("a text frame", error)),
    }
}

async fn timeout(api: TargetApi, route: &'static str) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    client.instruct(route, &too_long(&api, Instructions::default())).await?;
    let frame = timed_out(&api, &mut client).await?;
    is_error_frame(&frame, "Endpoint request timed out", &id)?;
    // The late reply must not arrive either.
    tokio::time::sleep(api.timing.silence * 2).await;
    client.expect_no_message().await
}

async fn runs_on(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut client = api.client().await?;
    let after = Some("it went on".to_owned());
    let instructions = too_long(&api, Instructions { after, ..watcher.instructions() });
    client.instruct("one", &instructions).await?;
    watcher.event("MESSAGE").await?;
    let frame = timed_out(&api, &mut client).await?;
    holds("a timeout first", frame.contains("timed out"), frame)?;
    same("what it does later", watcher.client.text().await?, "it went on".to_owned())
}

async fn request_id(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut client = api.client().await?;
    let instructions =
        Instructions { fail: Some(Failure::Error("no".into())), ..watcher.instructions() };
    client.instruct("two", &instructions).await?;
    let event = watcher.event("MESSAGE").await?;
    let frame = client.json().await?;
    same("requestId", &frame["requestId"], &event["requestContext"]["requestId"])
}

async fn throttled(api: TargetApi) -> CaseResult {
    let mut client = with_long_timeout(&api).await?;
    let id = client.id().await?;
    for _ in 0..40 {
        client.instruct("two", &reply(r#"{"statusCode":200,"body":"hello"}"#)).await?;
        match client.text().await? {
            text if text == "hello" => {}
            frame => return is_error_frame(&frame, "Too Many Requests", &id).map(drop),
        }
    }
    Err(Finding::differs("a frame among 40 messages", "40 replies"))
}

/// A client of the API that throttles handshakes.
async fn with_long_timeout(api: &TargetApi) -> CaseResult<Client> {
    let mut last = api.client().await;
    for _ in 0..20 {
        if last.is_ok() {
            break;
        }
        tokio::time::sleep(api.timing.silence).await;
        last = api.client().await;
    }
    last
}

async fn concurrent(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let sleep =
        u64::try_from((api.timing.silence * 3).min(api.timing.integration / 2).as_millis()).ok();
    let slow = Instructions { sleep, ..reply(r#"{"statusCode":200,"body":"slow"}"#) };
    client.instruct("two", &slow).await?;
    client.instruct("two", &reply(r#"{"statusCode":200,"body":"quick"}"#)).await?;
    let order = [client.text().await?, client.text().await?];
    same("the order of the replies", order, ["quick".to_owned(), "slow".to_owned()])
}

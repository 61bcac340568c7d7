//! The handshake ([R-4]).

use std::time::{Duration, Instant};

use http::Method;
use lift_ws::event::limits::URL_BYTES;
use serde_json::json;

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    TargetApi,
    error::{holds, same},
    probe::{Failure, Instructions},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("4-slash", Documented, "the URL may end with a slash", |api| async move {
            same("the status", api.handshake().path("/").status().await?, 101)
        }),
        Case::new(
            "4-url-length",
            Documented,
            "a URL may have 4096 characters, and no more",
            url_length,
        ),
        Case::new(
            "4-extra-path",
            Unsure,
            "a path below the stage is refused with 403",
            |api| async move { same("the status", api.handshake().path("/more").status().await?, 403) },
        ),
        Case::new(
            "4-no-connect",
            Documented,
            "without a `$connect` route every client connects",
            |api| async move { api.client().await.map(drop) },
        )
        .on_api(Api::Bare),
        Case::new(
            "4-held",
            Documented,
            "the 101 comes after `$connect` has ended",
            waits_for_connect,
        ),
        Case::new(
            "4-101",
            Observed,
            "the 101 has `Upgrade`, `Connection` and `Date`",
            upgrade_headers,
        ),
        Case::new("4-status-2xx", Documented, "a 2xx of `$connect` accepts the client", |api| {
            statuses(api, &[(200, 101), (201, 101), (204, 101), (299, 101)])
        }),
        Case::new(
            "4-status-4xx",
            Documented,
            "a 4xx of `$connect` is the status of the handshake",
            |api| statuses(api, &[(400, 400), (401, 401), (403, 403), (404, 404), (429, 429)]),
        ),
        Case::new(
            "4-status-5xx",
            Observed,
            "a 5xx of `$connect` is the status of the handshake",
            |api| statuses(api, &[(500, 500), (503, 503)]),
        ),
        Case::new(
            "4-status-3xx",
            Unsure,
            "a 3xx of `$connect` is the status of the handshake",
            |api| statuses(api, &[(302, 302)]),
        ),
        Case::new(
            "4-function-error",
            Observed,
            "an error of the function at `$connect` gives 502",
            |api| {
                gives_502(
                    api,
                    [Instructions {
                        fail: Some(Failure::Error("no".into())),
                        ..Instructions::default()
                    }],
                )
            },
        ),
        Case::new("4-crash", Observed, "a crash of the function at `$connect` gives 502", |api| {
            gives_502(api, [Instructions { fail: Some(Failure::Exit), ..Instructions::default() }])
        }),
        Case::new(
            "4-no-status",
            Observed,
            "a reply of `$connect` without a valid `statusCode` gives 502",
            |api| {
                let replies =
                    ["{}", "null", r#""text""#, r#"{"statusCode":"no"}"#, r#"{"body":"x"}"#];
                gives_502(
                    api,
                    replies.map(|text| Instructions {
                        reply: Some(text.into()),
                        ..Instructions::default()
                    }),
                )
            },
        ),
        Case::new(
            "4-timeout",
            Unsure,
            "a `$connect` that takes longer than the integration timeout gives 504",
            timeout,
        )
        .with_wait(|timing| timing.integration),
        Case::new(
            "4-no-body",
            Observed,
            "the body of a refusal by `$connect` does not reach the client",
            no_body,
        ),
        Case::new(
            "4-headers-dropped",
            Observed,
            "headers of the `$connect` reply are dropped, except the subprotocol",
            headers_dropped,
        ),
        Case::new(
            "4-subprotocol",
            Documented,
            "the 101 has the subprotocol that `$connect` returned",
            subprotocol,
        ),
        Case::new(
            "4-no-subprotocol",
            Observed,
            "the 101 has no subprotocol unless `$connect` returned one",
            no_subprotocol,
        ),
        Case::new(
            "4-pending",
            Documented,
            "while `$connect` runs, POST, GET and DELETE for its connection get 410",
            pending,
        ),
    ]
}

fn reply(text: impl Into<String>) -> Instructions {
    Instructions { reply: Some(text.into()), ..Instructions::default() }
}

async fn url_length(api: TargetApi) -> CaseResult {
    // AWS does not say whether scheme and host count; these two lengths do not depend on it.
    let path = api.url.splitn(4, '/').nth(3).map_or(0, |path| path.len() + 1);
    let query = |length: usize| format!("?x={}", "y".repeat(length - "?x=".len()));
    let whole = query(URL_BYTES - api.url.len());
    same("the status of a URL of 4096", api.handshake().path(whole).status().await?, 101)?;
    let status = api.handshake().path(query(4097 - path)).status().await?;
    holds("a path of 4097 refused", (400..500).contains(&status), status)
}

async fn waits_for_connect(api: TargetApi) -> CaseResult {
    const WORK: Duration = Duration::from_millis(500);
    let start = Instant::now();
    let sleep = u64::try_from(WORK.as_millis()).ok();
    api.handshake().connect(&Instructions { sleep, ..Instructions::default() }).open().await?;
    let took = start.elapsed();
    holds(&format!("no 101 before {WORK:?}"), took >= WORK, took)
}

async fn upgrade_headers(api: TargetApi) -> CaseResult {
    let headers = api.client().await?.headers;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    same("Upgrade", text("upgrade").to_ascii_lowercase(), "websocket".to_owned())?;
    same("Connection", text("connection").to_ascii_lowercase(), "upgrade".to_owned())?;
    holds("a `Date`", text("date").ends_with("GMT"), &headers)
}

async fn statuses(api: TargetApi, table: &'static [(u16, u16)]) -> CaseResult {
    for (replied, expected) in table {
        let instructions = reply(json!({"statusCode": replied}).to_string());
        let status = api.handshake().connect(&instructions).status().await?;
        same(&format!("the status for {replied}"), status, *expected)?;
    }
    Ok(())
}

async fn gives_502(api: TargetApi, table: impl IntoIterator<Item = Instructions>) -> CaseResult {
    for instructions in table {
        let status = api.handshake().connect(&instructions).status().await?;
        same(&format!("the status for {instructions:?}"), status, 502)?;
    }
    Ok(())
}

async fn timeout(api: TargetApi) -> CaseResult {
    let timing = &api.timing;
    let sleep = u64::try_from((timing.integration + timing.silence * 4).as_millis()).ok();
    let handshake = api.handshake().connect(&Instructions { sleep, ..Instructions::default() });
    let status = handshake.timeout(timing.integration + timing.arrival_timeout).status().await?;
    same("the status", status, 504)
}

async fn no_body(api: TargetApi) -> CaseResult {
    let instructions = reply(r#"{"statusCode":403,"body":"a secret reason"}"#);
    let answer = api.handshake().connect(&instructions).answer().await?;
    same("the status", answer.status, 403)?;
    holds("no such body", !answer.body.contains("secret"), answer.line())
}

async fn headers_dropped(api: TargetApi) -> CaseResult {
    let instructions = reply(r#"{"statusCode":200,"headers":{"Set-Cookie":"a=1","X-Own":"1"}}"#);
    let headers = api.handshake().connect(&instructions).answer().await?.headers;
    let kept = headers.contains_key("set-cookie") || headers.contains_key("x-own");
    holds("neither of the headers", !kept, &headers)
}

async fn subprotocol(api: TargetApi) -> CaseResult {
    let instructions =
        reply(r#"{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"duel.v2"}}"#);
    let handshake = api.handshake().header("sec-websocket-protocol", "duel.v1, duel.v2");
    let headers = handshake.connect(&instructions).answer().await?.headers;
    let found = headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
    same("the subprotocol", found, Some("duel.v2"))
}

async fn no_subprotocol(api: TargetApi) -> CaseResult {
    // The client's library refuses a 101 without the subprotocol it offered, as browsers do.
    let mut watcher = api.watcher().await?;
    let handshake = api.handshake().header("sec-websocket-protocol", "duel.v1");
    let made = handshake.connect(&watcher.instructions()).answer().await;
    let event = watcher.event("CONNECT").await?;
    let offered = event["headers"].as_object().is_some_and(|headers| {
        headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("sec-websocket-protocol") && value == "duel.v1"
        })
    });
    holds("the offer in the `$connect` event", offered, &event)?;
    match made {
        Ok(answer) => {
            let found = answer.headers.get("sec-websocket-protocol");
            holds(
                "a 101 without a subprotocol",
                answer.status == 101 && found.is_none(),
                answer.line(),
            )
        }
        Err(crate::Finding::Differs { got, .. }) => {
            holds("a 101 without a subprotocol", got.contains("sent no subprotocol"), got)
        }
        Err(skipped) => Err(skipped),
    }
}

async fn pending(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let sleep =
        u64::try_from((api.timing.silence * 8).min(api.timing.integration * 3 / 5).as_millis())
            .ok();
    let instructions = Instructions { sleep, ..watcher.instructions() };
    let connecting = tokio::spawn(api.handshake().connect(&instructions).open());
    let event = watcher.event("CONNECT").await?;
    let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let answer =
            api.manage(method.clone(), id, if method == Method::POST { "x" } else { "" }).await?;
        same(&format!("the status of {method}"), answer.status, 410)?;
    }
    let mut client =
        connecting.await.map_err(|error| crate::Finding::differs("a client", error))??;
    let answer = api.manage(Method::POST, id, "now").await?;
    same("the status of a POST after the 101", answer.status, 200)?;
    same("the message", client.text().await?, "now".to_owned())
}

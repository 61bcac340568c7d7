//! Section 4: from the handshake to the 101, or to a refusal.

use std::time::{Duration, Instant};

use http::Method;
use lift_ws::event::limits::URL_BYTES;
use serde_json::json;

use crate::{
    Api, Case,
    Mark::*,
    Observed, Site,
    error::{holds, same},
    probe::{Fail, Orders},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("4-slash", Documented, "the URL may end with a slash", |site| async move {
            same("the status", site.knock().path("/").status().await?, 101)
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
            |site| async move { same("the status", site.knock().path("/more").status().await?, 403) },
        ),
        Case::new(
            "4-no-connect",
            Documented,
            "without a `$connect` route everybody connects",
            |site| async move { site.client().await.map(drop) },
        )
        .at(Api::Bare),
        Case::new("4-held", Documented, "the 101 comes after `$connect` has ended", held),
        Case::new("4-101", Observed, "the 101 has `Upgrade`, `Connection` and `Date`", switching),
        Case::new(
            "4-status-2xx",
            Documented,
            "a `$connect` that replies 2xx lets the client in",
            |site| statuses(site, &[(200, 101), (201, 101), (204, 101), (299, 101)]),
        ),
        Case::new("4-status-4xx", Documented, "a status of 4xx is the handshake's", |site| {
            statuses(site, &[(400, 400), (401, 401), (403, 403), (404, 404), (429, 429)])
        }),
        Case::new("4-status-5xx", Observed, "a status of 5xx is the handshake's", |site| {
            statuses(site, &[(500, 500), (503, 503)])
        }),
        Case::new("4-status-3xx", Unsure, "a status of 3xx is the handshake's", |site| {
            statuses(site, &[(302, 302)])
        }),
        Case::new(
            "4-function-error",
            Observed,
            "an error of the function at `$connect` is a 502",
            |site| {
                fails(site, [Orders { fail: Some(Fail::Error("no".into())), ..Orders::default() }])
            },
        ),
        Case::new(
            "4-crash",
            Observed,
            "the end of the function's process at `$connect` is a 502",
            |site| fails(site, [Orders { fail: Some(Fail::Exit), ..Orders::default() }]),
        ),
        Case::new(
            "4-no-status",
            Observed,
            "a reply without a valid `statusCode` is a 502",
            |site| {
                let replies =
                    ["{}", "null", r#""text""#, r#"{"statusCode":"no"}"#, r#"{"body":"x"}"#];
                fails(
                    site,
                    replies.map(|text| Orders { reply: Some(text.into()), ..Orders::default() }),
                )
            },
        ),
        Case::new(
            "4-timeout",
            Unsure,
            "a `$connect` that takes longer than the integration time-out is a 504",
            timeout,
        )
        .waits(|waits| waits.integration),
        Case::new(
            "4-no-body",
            Observed,
            "the body of a `$connect` that refuses reaches nobody",
            no_body,
        ),
        Case::new(
            "4-headers-dropped",
            Observed,
            "headers of the `$connect` reply are dropped, but for the subprotocol",
            headers_dropped,
        ),
        Case::new(
            "4-subprotocol",
            Documented,
            "the subprotocol that `$connect` answers with is the 101's",
            subprotocol,
        ),
        Case::new(
            "4-no-subprotocol",
            Observed,
            "no subprotocol is answered with unless `$connect` does",
            no_subprotocol,
        ),
        Case::new(
            "4-pending",
            Documented,
            "while `$connect` runs, its connection is gone for POST, GET and DELETE: 410",
            pending,
        ),
    ]
}

fn reply(text: impl Into<String>) -> Orders {
    Orders { reply: Some(text.into()), ..Orders::default() }
}

async fn url_length(site: Site) -> Observed {
    // Whether scheme and host count is not said: neither of these depends on it.
    let path = site.url.splitn(4, '/').nth(3).map_or(0, |path| path.len() + 1);
    let query = |length: usize| format!("?x={}", "y".repeat(length - "?x=".len()));
    let whole = query(URL_BYTES - site.url.len());
    same("the status of a URL of 4096", site.knock().path(whole).status().await?, 101)?;
    let status = site.knock().path(query(4097 - path)).status().await?;
    holds("a path of 4097 refused", (400..500).contains(&status), status)
}

async fn held(site: Site) -> Observed {
    const WORK: Duration = Duration::from_millis(500);
    let start = Instant::now();
    let sleep = u64::try_from(WORK.as_millis()).ok();
    site.knock().connect(&Orders { sleep, ..Orders::default() }).open().await?;
    let took = start.elapsed();
    holds(&format!("no 101 before {WORK:?}"), took >= WORK, took)
}

async fn switching(site: Site) -> Observed {
    let headers = site.client().await?.headers;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    same("Upgrade", text("upgrade").to_ascii_lowercase(), "websocket".to_owned())?;
    same("Connection", text("connection").to_ascii_lowercase(), "upgrade".to_owned())?;
    holds("a `Date`", text("date").ends_with("GMT"), &headers)
}

async fn statuses(site: Site, table: &'static [(u16, u16)]) -> Observed {
    for (replied, expected) in table {
        let orders = reply(json!({"statusCode": replied}).to_string());
        let status = site.knock().connect(&orders).status().await?;
        same(&format!("the status for {replied}"), status, *expected)?;
    }
    Ok(())
}

async fn fails(site: Site, table: impl IntoIterator<Item = Orders>) -> Observed {
    for orders in table {
        let status = site.knock().connect(&orders).status().await?;
        same(&format!("the status for {orders:?}"), status, 502)?;
    }
    Ok(())
}

async fn timeout(site: Site) -> Observed {
    let waits = &site.waits;
    let sleep = u64::try_from((waits.integration + waits.quiet * 4).as_millis()).ok();
    let knock = site.knock().connect(&Orders { sleep, ..Orders::default() });
    let status = knock.patience(waits.integration + waits.patience).status().await?;
    same("the status", status, 504)
}

async fn no_body(site: Site) -> Observed {
    let orders = reply(r#"{"statusCode":403,"body":"a secret reason"}"#);
    let answer = site.knock().connect(&orders).answer().await?;
    same("the status", answer.status, 403)?;
    holds("no such body", !answer.body.contains("secret"), answer.line())
}

async fn headers_dropped(site: Site) -> Observed {
    let orders = reply(r#"{"statusCode":200,"headers":{"Set-Cookie":"a=1","X-Own":"1"}}"#);
    let headers = site.knock().connect(&orders).answer().await?.headers;
    let kept = headers.contains_key("set-cookie") || headers.contains_key("x-own");
    holds("neither of the headers", !kept, &headers)
}

async fn subprotocol(site: Site) -> Observed {
    let orders = reply(r#"{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"duel.v2"}}"#);
    let knock = site.knock().header("sec-websocket-protocol", "duel.v1, duel.v2");
    let headers = knock.connect(&orders).answer().await?.headers;
    let found = headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
    same("the subprotocol", found, Some("duel.v2"))
}

async fn no_subprotocol(site: Site) -> Observed {
    // The client's library refuses a 101 without the subprotocol it offered, as browsers do.
    let mut watcher = site.watcher().await?;
    let knock = site.knock().header("sec-websocket-protocol", "duel.v1");
    let made = knock.connect(&watcher.orders()).answer().await;
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

async fn pending(site: Site) -> Observed {
    let mut watcher = site.watcher().await?;
    let sleep =
        u64::try_from((site.waits.quiet * 8).min(site.waits.integration * 3 / 5).as_millis()).ok();
    let orders = Orders { sleep, ..watcher.orders() };
    let connecting = tokio::spawn(site.knock().connect(&orders).open());
    let event = watcher.event("CONNECT").await?;
    let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let answer =
            site.manage(method.clone(), id, if method == Method::POST { "x" } else { "" }).await?;
        same(&format!("the status of {method}"), answer.status, 410)?;
    }
    let mut client =
        connecting.await.map_err(|error| crate::Finding::differs("a client", error))??;
    let answer = site.manage(Method::POST, id, "now").await?;
    same("the status of a POST after the 101", answer.status, 200)?;
    same("the message", client.text().await?, "now".to_owned())
}

//! Headers and the authorizer's context in events ([R-1.1]).

use serde_json::{Value, json};

use super::events::absent;
use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    TargetApi,
    error::{holds, same},
    lifetime::Lifetime,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "1.1-header-case",
            Documented,
            "the headers of the handshake are in the `$connect` event, their names in the client's case",
            header_case,
        ),
        Case::new(
            "1.1-proxy-headers",
            Documented,
            "the `$connect` event also has `X-Forwarded-For`, `-Port`, `-Proto` and `X-Amzn-Trace-Id`",
            proxy_headers,
        ),
        Case::new(
            "1.1-no-hop-headers",
            Documented,
            "the `$connect` event has no `Connection`, `Upgrade` and `content-length`",
            no_hop_headers,
        ),
        Case::new(
            "1.1-multi-value-headers",
            Documented,
            "`multiValueHeaders` has all values of all headers",
            multi_value_headers,
        ),
        Case::new(
            "1.1-disconnect-headers",
            Documented,
            "the `$disconnect` event has four headers, of which only `Host` has a value",
            disconnect_headers,
        ),
        Case::new(
            "1.1-authorizer-at-connect",
            Observed,
            "the `$connect` event has `principalId` and the context of the authorizer",
            |api| async move { is_granted(&lifetime(&api).await?.connect) },
        ),
        Case::new(
            "1.1-authorizer-at-disconnect",
            Observed,
            "the `$disconnect` event has `principalId` and the context of the authorizer",
            |api| async move { is_granted(&lifetime(&api).await?.disconnect) },
        ),
        Case::new(
            "1.1-authorizer-at-messages",
            Unsure,
            "the events of messages have `principalId` and the context of the authorizer",
            |api| async move { is_granted(&lifetime(&api).await?.message) },
        ),
        Case::new(
            "1.1-integration-latency",
            Observed,
            "`authorizer` has a number `integrationLatency`",
            |api| async move {
                let authorizer = &lifetime(&api).await?.connect["requestContext"]["authorizer"];
                holds("a number", authorizer["integrationLatency"].is_number(), authorizer)
            },
        ),
        Case::new(
            "1.1-context-as-text",
            Unsure,
            "numbers and booleans of the authorizer's context are text in events",
            context_as_text,
        ),
        Case::new(
            "1.1-no-authorizer",
            Observed,
            "without an authorizer, events have no `authorizer`",
            |api| async move {
                let event = api.client().await?.event().await?;
                absent(&event["requestContext"], &["authorizer"])
            },
        )
        .on_api(Api::Bare),
    ]
}

async fn lifetime(api: &TargetApi) -> CaseResult<Lifetime> {
    api.lifetime(|handshake| handshake).await
}

async fn header_case(api: TargetApi) -> CaseResult {
    let lifetime =
        api.lifetime(|handshake| handshake.header("x-lower-case", "Kept As It Is")).await?;
    let headers = &lifetime.connect["headers"];
    same("x-lower-case", headers["x-lower-case"].as_str(), Some("Kept As It Is"))?;
    // The client sends this name in title case.
    holds("`Sec-WebSocket-Version` as sent", headers["Sec-WebSocket-Version"] == "13", headers)
}

async fn proxy_headers(api: TargetApi) -> CaseResult {
    let lifetime = lifetime(&api).await?;
    let headers = &lifetime.connect["headers"];
    let text = |name: &str| headers[name].as_str().unwrap_or_default();
    let ip = lifetime.connect["requestContext"]["identity"]["sourceIp"].as_str();
    same("X-Forwarded-For", headers["X-Forwarded-For"].as_str(), ip)?;
    holds("X-Forwarded-Port", text("X-Forwarded-Port").parse::<u16>().is_ok(), headers)?;
    let proto = if api.url.starts_with("wss") { "https" } else { "http" };
    same("X-Forwarded-Proto", text("X-Forwarded-Proto"), proto)?;
    holds("X-Amzn-Trace-Id: Root=1-..", text("X-Amzn-Trace-Id").starts_with("Root=1-"), headers)
}

async fn no_hop_headers(api: TargetApi) -> CaseResult {
    let lifetime = lifetime(&api).await?;
    let names = crate::lifetime::keys(&lifetime.connect["headers"]);
    let is_hop = |name: &&str| {
        ["connection", "upgrade", "content-length"].contains(&name.to_ascii_lowercase().as_str())
    };
    holds("none of the three", !names.iter().any(is_hop), &names)
}

async fn multi_value_headers(api: TargetApi) -> CaseResult {
    let lifetime =
        api.lifetime(|handshake| handshake.header("x-twice", "a").header("x-twice", "b")).await?;
    let (single, multi) = (&lifetime.connect["headers"], &lifetime.connect["multiValueHeaders"]);
    same("x-twice of multiValueHeaders", &multi["x-twice"], &json!(["a", "b"]))?;
    same("x-twice of headers", &single["x-twice"], &json!("b"))?;
    same("their names", crate::lifetime::keys(multi), crate::lifetime::keys(single))
}

async fn disconnect_headers(api: TargetApi) -> CaseResult {
    let lifetime = lifetime(&api).await?;
    let host = &lifetime.disconnect["headers"]["Host"];
    holds("a `Host`", host.as_str().is_some_and(|host| !host.is_empty()), &lifetime.disconnect)?;
    let single = json!({"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""});
    same("headers", &lifetime.disconnect["headers"], &single)?;
    let multi =
        json!({"Host": [host], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""]});
    same("multiValueHeaders", &lifetime.disconnect["multiValueHeaders"], &multi)
}

fn is_granted(event: &Value) -> CaseResult {
    let authorizer = &event["requestContext"]["authorizer"];
    same("principalId", authorizer["principalId"].as_str(), Some("prober"))?;
    same("a text of the context", authorizer["tier"].as_str(), Some("gold"))
}

async fn context_as_text(api: TargetApi) -> CaseResult {
    let lifetime = lifetime(&api).await?;
    let authorizer = &lifetime.disconnect["requestContext"]["authorizer"];
    same("a number", &authorizer["number"], &json!("7"))?;
    same("a boolean", &authorizer["flag"], &json!("true"))
}

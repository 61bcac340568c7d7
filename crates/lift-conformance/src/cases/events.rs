//! The fields of events ([R-1.1]).

use serde_json::{Value, json};

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    Finding, TargetApi,
    error::{holds, same},
    lifetime::keys,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "1.1-connect-keys",
            Observed,
            "a `$connect` event has headers in both forms, `requestContext` and `isBase64Encoded`; no body, no \
             version, no path",
            connect_keys,
        ),
        Case::new(
            "1.1-message-keys",
            Observed,
            "the event of a message has `requestContext`, `body` and `isBase64Encoded`, and no headers",
            message_keys,
        ),
        Case::new(
            "1.1-disconnect-keys",
            Documented,
            "a `$disconnect` event has headers in both forms, `requestContext` and `isBase64Encoded`; no body",
            disconnect_keys,
        ),
        Case::new(
            "1.1-context-keys",
            Observed,
            "`requestContext` has the fields of its type of event and no others",
            context_keys,
        ),
        Case::new(
            "1.1-query",
            Documented,
            "the `$connect` event has the query in both maps, with the last value of a name in the single-value one",
            query,
        ),
        Case::new("1.1-no-query", Observed, "without a query, both maps are absent", no_query),
        Case::new(
            "1.1-query-at-connect-only",
            Documented,
            "later events carry no query",
            query_at_connect_only,
        ),
        Case::new("1.1-body", Observed, "`body` is the frame's text, byte for byte", body),
        Case::new("1.1-base64", Observed, "`isBase64Encoded` is `false`", base64),
        Case::new(
            "1.1-stage-variables",
            Unsure,
            "every event has the stage's variables, if there are any",
            stage_variables,
        ),
        Case::new(
            "1.1-no-stage-variables",
            Observed,
            "without stage variables there is no such key",
            no_stage_variables,
        )
        .on_api(Api::Bare),
    ]
}

async fn connect_keys(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let expected = ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"];
    same("the keys", without_variables(&lifetime.connect), expected.to_vec())
}

async fn message_keys(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let expected = ["body", "isBase64Encoded", "requestContext"];
    same("the keys", without_variables(&lifetime.message), expected.to_vec())
}

async fn disconnect_keys(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let expected = ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"];
    same("the keys", without_variables(&lifetime.disconnect), expected.to_vec())
}

/// The keys of an event, without `stageVariables`, which is unsure.
fn without_variables(event: &Value) -> Vec<&str> {
    let mut keys = keys(event);
    keys.retain(|key| *key != "stageVariables");
    keys
}

async fn context_keys(api: TargetApi) -> CaseResult {
    const COMMON: [&str; 12] = [
        "apiId",
        "connectedAt",
        "connectionId",
        "domainName",
        "eventType",
        "extendedRequestId",
        "identity",
        "messageDirection",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "routeKey",
    ];
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let own: [&[&str]; 3] = [&[], &["messageId"], &["disconnectReason", "disconnectStatusCode"]];
    for (event, own) in lifetime.all().into_iter().zip(own) {
        let mut expected: Vec<_> = COMMON.iter().chain(&["stage"]).chain(own).copied().collect();
        expected.sort_unstable();
        let mut found = keys(&event["requestContext"]);
        // Another case checks whether each event has it.
        found.retain(|key| *key != "authorizer");
        same("the keys", found, expected)?;
    }
    Ok(())
}

async fn query(api: TargetApi) -> CaseResult {
    let lifetime =
        api.lifetime(|handshake| handshake.path("?room=7&tag=a&tag=b%20c&empty=")).await?;
    let single = json!({"room": "7", "tag": "b c", "empty": ""});
    same("queryStringParameters", &lifetime.connect["queryStringParameters"], &single)?;
    let multi = json!({"room": ["7"], "tag": ["a", "b c"], "empty": [""]});
    same(
        "multiValueQueryStringParameters",
        &lifetime.connect["multiValueQueryStringParameters"],
        &multi,
    )
}

const QUERY: [&str; 2] = ["queryStringParameters", "multiValueQueryStringParameters"];

async fn no_query(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    absent(&lifetime.connect, &QUERY)
}

async fn query_at_connect_only(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake.path("?room=7")).await?;
    absent(&lifetime.message, &QUERY)?;
    absent(&lifetime.disconnect, &QUERY)
}

/// Checks that the keys are absent, even as `null`.
pub(super) fn absent(value: &Value, keys: &[&str]) -> CaseResult {
    match keys.iter().find(|key| value.get(key).is_some()) {
        Some(key) => Err(Finding::differs(format!("no `{key}`"), &value[key])),
        None => Ok(()),
    }
}

async fn body(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    for text in
        ["{ \"action\" :\t\"two\" , \"x\":\"\\u00e9 \\\\ \u{1f980}\" }", "no JSON\r\n", " 1.0e3 "]
    {
        client.send(text).await?;
        same("the body", client.json().await?["body"].as_str(), Some(text))?;
    }
    Ok(())
}

async fn base64(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let found = lifetime.all().map(|event| event.get("isBase64Encoded").cloned());
    same("isBase64Encoded", found, [(); 3].map(|()| Some(Value::Bool(false))))
}

async fn stage_variables(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let found = lifetime.all().map(|event| event.get("stageVariables").cloned());
    same("stageVariables", found, [(); 3].map(|()| Some(json!({"color": "blue"}))))
}

async fn no_stage_variables(api: TargetApi) -> CaseResult {
    let event = api.client().await?.event().await?;
    holds("no `stageVariables`", event.get("stageVariables").is_none(), &event)
}

//! Section 1.1: what is in an event, and what is not.

use serde_json::{Value, json};

use crate::{
    Api, Case, Finding,
    Mark::*,
    Observed, Site,
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
            "`requestContext` has the fields of its kind of event and no others",
            context_keys,
        ),
        Case::new(
            "1.1-query",
            Documented,
            "a query is in the `$connect` event in both forms, the last value of a name in the single one",
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
            "every event carries the stage's variables, when it has some",
            stage_variables,
        ),
        Case::new(
            "1.1-no-stage-variables",
            Observed,
            "without stage variables there is no such key",
            no_stage_variables,
        )
        .at(Api::Bare),
    ]
}

async fn connect_keys(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    let expected = ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"];
    same("the keys", without_variables(&life.connect), expected.to_vec())
}

async fn message_keys(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    let expected = ["body", "isBase64Encoded", "requestContext"];
    same("the keys", without_variables(&life.message), expected.to_vec())
}

async fn disconnect_keys(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    let expected = ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"];
    same("the keys", without_variables(&life.disconnect), expected.to_vec())
}

/// The keys of an event, but for the one that nobody is sure of.
fn without_variables(event: &Value) -> Vec<&str> {
    let mut keys = keys(event);
    keys.retain(|key| *key != "stageVariables");
    keys
}

async fn context_keys(site: Site) -> Observed {
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
    let life = site.life(|knock| knock).await?;
    let own: [&[&str]; 3] = [&[], &["messageId"], &["disconnectReason", "disconnectStatusCode"]];
    for (event, own) in life.all().into_iter().zip(own) {
        let mut expected: Vec<_> = COMMON.iter().chain(&["stage"]).chain(own).copied().collect();
        expected.sort_unstable();
        let mut found = keys(&event["requestContext"]);
        // Whether each kind has it is a case of its own.
        found.retain(|key| *key != "authorizer");
        same("the keys", found, expected)?;
    }
    Ok(())
}

async fn query(site: Site) -> Observed {
    let life = site.life(|knock| knock.path("?room=7&tag=a&tag=b%20c&empty=")).await?;
    let single = json!({"room": "7", "tag": "b c", "empty": ""});
    same("queryStringParameters", &life.connect["queryStringParameters"], &single)?;
    let multi = json!({"room": ["7"], "tag": ["a", "b c"], "empty": [""]});
    same(
        "multiValueQueryStringParameters",
        &life.connect["multiValueQueryStringParameters"],
        &multi,
    )
}

const QUERY: [&str; 2] = ["queryStringParameters", "multiValueQueryStringParameters"];

async fn no_query(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    absent(&life.connect, &QUERY)
}

async fn query_at_connect_only(site: Site) -> Observed {
    let life = site.life(|knock| knock.path("?room=7")).await?;
    absent(&life.message, &QUERY)?;
    absent(&life.disconnect, &QUERY)
}

/// None of these keys is there, not even as `null`.
pub(super) fn absent(value: &Value, keys: &[&str]) -> Observed {
    match keys.iter().find(|key| value.get(key).is_some()) {
        Some(key) => Err(Finding::differs(format!("no `{key}`"), &value[key])),
        None => Ok(()),
    }
}

async fn body(site: Site) -> Observed {
    let mut client = site.client().await?;
    for text in
        ["{ \"action\" :\t\"two\" , \"x\":\"\\u00e9 \\\\ \u{1f980}\" }", "no JSON\r\n", " 1.0e3 "]
    {
        client.send(text).await?;
        same("the body", client.json().await?["body"].as_str(), Some(text))?;
    }
    Ok(())
}

async fn base64(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    let found = life.all().map(|event| event.get("isBase64Encoded").cloned());
    same("isBase64Encoded", found, [(); 3].map(|()| Some(Value::Bool(false))))
}

async fn stage_variables(site: Site) -> Observed {
    let life = site.life(|knock| knock).await?;
    let found = life.all().map(|event| event.get("stageVariables").cloned());
    same("stageVariables", found, [(); 3].map(|()| Some(json!({"color": "blue"}))))
}

async fn no_stage_variables(site: Site) -> Observed {
    let event = site.client().await?.event().await?;
    holds("no `stageVariables`", event.get("stageVariables").is_none(), &event)
}

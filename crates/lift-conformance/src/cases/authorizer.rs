//! Authorization of `$connect` ([R-2]).

use serde_json::{Value, json};

use super::events::absent;
use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    Finding, TargetApi,
    error::{holds, same},
    lifetime::keys,
    probe::{Failure, Instructions},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "2-event",
            Documented,
            "the authorizer's event is of `type` `REQUEST`, with headers, query, stage variables and context; no \
             body",
            event,
        )
        .on_api(Api::Token),
        Case::new(
            "2-upgrade-headers",
            Documented,
            "headers of the authorizer's event include `Connection`, `Upgrade` and `content-length`",
            upgrade_headers,
        ),
        Case::new(
            "2-method-arn",
            Documented,
            "`methodArn` is `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/$connect`",
            method_arn,
        ),
        Case::new(
            "2-stage-variables",
            Documented,
            "the authorizer's event has `stageVariables` even without any: `{}`",
            |api| async move {
                same("stageVariables", &ask(&api).await?["stageVariables"], &json!({}))
            },
        )
        .on_api(Api::Token),
        Case::new(
            "2-context",
            Observed,
            "`requestContext` of the authorizer's event is that of `$connect`, with `connectionId` and without `authorizer`",
            context,
        ),
        Case::new("2-no-query", Unsure, "without a query the query maps of the authorizer's event are `{}`", no_query),
        Case::new("2-once", Documented, "the authorizer runs once, before `$connect`, and never again", once),
        Case::new("2-not-cached", Documented, "the authorizer runs for each handshake", not_cached).on_api(Api::Token),
        Case::new(
            "2-refused-first",
            Documented,
            "`$connect` does not run if the authorizer refuses the client",
            refused_first,
        ),
        Case::new("2-deny", Observed, "a policy that denies gives 403", |api| {
            policy(api, "Deny", |arn| arn.to_owned(), 403)
        }),
        Case::new(
            "2-rest-arn",
            Observed,
            "a policy that allows `STAGE/*/*`, as for REST APIs, does not match `$connect`: 403",
            |api| policy(api, "Allow", |arn| arn.replace("$connect", "*/*"), 403),
        ),
        Case::new(
            "2-wildcard",
            Documented,
            "a policy may allow with wildcards",
            |api| policy(api, "Allow", |arn| arn.replace("$connect", "*"), 101),
        ),
        Case::new(
            "2-unauthorized",
            Documented,
            "an error with the message `Unauthorized` gives 401",
            |api| answers(api, Instructions { fail: Some(Failure::Error("Unauthorized".into())), ..Instructions::default() }, 401),
        ),
        Case::new("2-error", Observed, "any other error gives 500", |api| {
            answers(api, Instructions { fail: Some(Failure::Error("Oops".into())), ..Instructions::default() }, 500)
        }),
        Case::new("2-malformed", Observed, "an answer without a policy gives 500", |api| {
            let reply = Some(r#"{"statusCode":401}"#.to_owned());
            answers(api, Instructions { reply, ..Instructions::default() }, 500)
        }),
        Case::new(
            "2-simple",
            Documented,
            "the simple answer `isAuthorized` is for HTTP APIs only",
            |api| {
                let reply = Some(r#"{"isAuthorized":true}"#.to_owned());
                answers(api, Instructions { reply, ..Instructions::default() }, 500)
            },
        ),
        Case::new("2-answer-size", Documented, "an answer has at most 8 KB", answer_size),
        Case::new(
            "2-no-source",
            Documented,
            "without an identity source the client gets 401, and the authorizer does not run",
            |api| no_source(api, ""),
        )
        .on_api(Api::Token),
        Case::new(
            "2-empty-source",
            Documented,
            "with an empty identity source the client gets 401, and the authorizer does not run",
            |api| no_source(api, "?token="),
        )
        .on_api(Api::Token),
        Case::new("2-api-key", Documented, "with a valid API key the client connects", |api| async move {
            if api.api_key.is_none() {
                return Err(Finding::skipped("there is no `--api-key`"));
            }
            api.client().await.map(drop)
        })
        .on_api(Api::Keyed),
        Case::new(
            "2-no-api-key",
            Unsure,
            "without an API key, or with a wrong one, the client gets 403",
            no_api_key,
        )
        .on_api(Api::Keyed),
        Case::new("2-iam", Documented, "with `AWS_IAM` a signed handshake succeeds", |api| async move {
            api.client().await.map(drop)
        })
        .on_api(Api::Iam),
        Case::new(
            "2-iam-unsigned",
            Documented,
            "with `AWS_IAM` a handshake without a signature gives 403",
            |api| async move { same("the status", api.handshake().without_credentials().status().await?, 403) },
        )
        .on_api(Api::Iam),
        Case::new(
            "2-throttled",
            Observed,
            "handshakes above the rate get 429",
            throttled,
        )
        .on_api(Api::Throttled),
    ]
}

/// The authorizer's event.
async fn ask(api: &TargetApi) -> CaseResult<Value> {
    let mut watcher = api.watcher().await?;
    api.handshake().authorizer(&watcher.instructions()).open().await?;
    watcher.event("REQUEST").await
}

async fn event(api: TargetApi) -> CaseResult {
    let event = ask(&api).await?;
    let expected = [
        "headers",
        "methodArn",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
        "stageVariables",
        "type",
    ];
    same("the keys", keys(&event), expected.to_vec())?;
    same("queryStringParameters", &event["queryStringParameters"], &json!({"token": "t-1"}))?;
    let multi = &event["multiValueQueryStringParameters"];
    same("multiValueQueryStringParameters", multi, &json!({"token": ["t-1"]}))
}

async fn upgrade_headers(api: TargetApi) -> CaseResult {
    let event = ask(&api).await?;
    let text = |wanted: &str| {
        let headers = event["headers"].as_object()?;
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        found.1.as_str().map(str::to_ascii_lowercase)
    };
    same("Connection", text("connection"), Some("upgrade".to_owned()))?;
    same("Upgrade", text("upgrade"), Some("websocket".to_owned()))?;
    same("content-length", text("content-length"), Some("0".to_owned()))
}

async fn method_arn(api: TargetApi) -> CaseResult {
    let event = ask(&api).await?;
    let context = &event["requestContext"];
    let text = |key: &str| context[key].as_str().unwrap_or_default().to_owned();
    let arn = event["methodArn"].as_str().unwrap_or_default();
    let (api, stage) = (text("apiId"), text("stage"));
    let whole = arn.starts_with("arn:aws") && arn.split(':').count() == 6;
    let end = format!(":{api}/{stage}/$connect");
    holds(&format!("arn:aws:execute-api:..{end}"), whole && arn.ends_with(&end), arn)
}

async fn context(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let watching = watcher.instructions();
    api.handshake().authorizer(&watching).connect(&watching).open().await?;
    let (asked, connect) = (watcher.event("REQUEST").await?, watcher.event("CONNECT").await?);
    let (asked, connect) = (&asked["requestContext"], &connect["requestContext"]);
    absent(asked, &["authorizer"])?;
    let mut expected = keys(connect);
    expected.retain(|key| *key != "authorizer");
    same("the keys", keys(asked), expected)?;
    for key in ["connectionId", "connectedAt", "eventType", "routeKey", "identity"] {
        same(key, &asked[key], &connect[key])?;
    }
    Ok(())
}

async fn no_query(api: TargetApi) -> CaseResult {
    let event = ask(&api).await?;
    let maps = ["queryStringParameters", "multiValueQueryStringParameters"];
    same("both maps", maps.map(|key| event.get(key)), [Some(&json!({})); 2])
}

async fn once(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let watching = watcher.instructions();
    let handshake = api.handshake().authorizer(&watching).connect(&watching).disconnect(&watching);
    let mut client = handshake.open().await?;
    watcher.event("REQUEST").await?;
    watcher.event("CONNECT").await?;
    client.event().await?;
    client.close(None).await?;
    watcher.event("DISCONNECT").await?;
    watcher.client.expect_no_message().await
}

async fn not_cached(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        api.handshake().authorizer(&watcher.instructions()).open().await?;
        let event = watcher.event("REQUEST").await?;
        ids.push(event["requestContext"]["connectionId"].clone());
    }
    holds("two connections", ids[0] != ids[1], &ids)
}

async fn refused_first(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let refusing = Instructions {
        fail: Some(Failure::Error("Unauthorized".into())),
        ..Instructions::default()
    };
    let handshake = api.handshake().authorizer(&refusing).connect(&watcher.instructions());
    let status = handshake.status().await?;
    holds("a refusal", status >= 400, status)?;
    watcher.client.expect_no_message().await
}

async fn policy(
    api: TargetApi,
    effect: &str,
    resource: impl Fn(&str) -> String,
    status: u16,
) -> CaseResult {
    let event = ask(&api).await?;
    let arn = resource(event["methodArn"].as_str().unwrap_or_default());
    let reply = json!({"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn},
    ]}});
    answers(api, Instructions { reply: Some(reply.to_string()), ..Instructions::default() }, status)
        .await
}

async fn answers(api: TargetApi, instructions: Instructions, status: u16) -> CaseResult {
    same("the status", api.handshake().authorizer(&instructions).status().await?, status)
}

async fn answer_size(api: TargetApi) -> CaseResult {
    for (size, allowed) in [(6 * 1024, true), (9 * 1024, false)] {
        // A header cannot be that long, so the probe generates the text.
        let instructions = Instructions { context: Some(size), ..Instructions::default() };
        let status = api.handshake().authorizer(&instructions).status().await?;
        holds(&format!("{size} bytes allowed: {allowed}"), (status == 101) == allowed, status)?;
    }
    Ok(())
}

async fn no_source(api: TargetApi, query: &'static str) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let handshake = api.handshake().path(query).authorizer(&watcher.instructions());
    same("the status", handshake.status().await?, 401)?;
    watcher.client.expect_no_message().await
}

async fn no_api_key(api: TargetApi) -> CaseResult {
    same("the status without", api.handshake().without_credentials().status().await?, 403)?;
    let wrong =
        api.handshake().without_credentials().header("x-api-key", "a-wrong-key-of-20-characters");
    same("the status with a wrong one", wrong.status().await?, 403)
}

async fn throttled(api: TargetApi) -> CaseResult {
    for _ in 0..40 {
        match api.handshake().status().await? {
            101 => {}
            429 => return Ok(()),
            other => return same("the status", other, 429),
        }
    }
    Err(Finding::differs("a 429 among 40 handshakes", "40 times 101"))
}

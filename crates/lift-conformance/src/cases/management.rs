//! The `@connections` API ([R-6]).

use http::Method;
use lift_ws::event::limits::MESSAGE_BYTES;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    Finding, Keys, TargetApi,
    error::{holds, same},
    lifetime::keys,
    management::ManagementResponse,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "6-post",
            Documented,
            "POST: 200 without a body, and its bytes are the message",
            post,
        ),
        Case::new(
            "6-get",
            Documented,
            "GET: 200 with `connectedAt`, `identity`, `lastActiveAt`",
            get,
        ),
        Case::new(
            "6-get-times",
            Documented,
            "the times of GET are ISO 8601 in UTC with milliseconds",
            get_times,
        ),
        Case::new("6-get-active", Documented, "a message updates `lastActiveAt`", get_active),
        Case::new(
            "6-get-identity",
            Observed,
            "`identity` of GET is that of the events",
            get_identity,
        ),
        Case::new(
            "6-delete",
            Documented,
            "DELETE: 204 without a body, and the client is closed",
            delete,
        ),
        Case::new("6-paths", Observed, "`@` may be `%40`, and `=` may be `%3D`", paths),
        Case::new("6-gone-closed", Documented, "a closed connection gives 410", gone_closed),
        Case::new(
            "6-gone-unknown",
            Observed,
            "a well-formed id of no connection gives 410",
            gone_unknown,
        ),
        Case::new(
            "6-gone-type",
            Observed,
            "a 410 names `GoneException` in `x-amzn-ErrorType`",
            gone_type,
        ),
        Case::new("6-gone-body", Observed, "a 410 has no JSON body", gone_body),
        Case::new(
            "6-malformed-id",
            Observed,
            "a malformed id gives 400 `BadRequestException`, \"Invalid connectionId: ..\"",
            malformed_id,
        ),
        Case::new("6-wrong-stage", Observed, "another stage gives 403 \"Forbidden\"", |api| {
            forbidden(api, Some("/elsewhere"))
        }),
        Case::new(
            "6-no-stage",
            Observed,
            "a path without a stage gives 403 \"Forbidden\"",
            |api| forbidden(api, None),
        ),
        Case::new(
            "6-too-large",
            Documented,
            "more than 128 KB give 413 `PayloadTooLargeException`",
            too_large,
        ),
        Case::new(
            "6-slow-reader",
            Documented,
            "a POST to a client that does not read gives 429 `LimitExceededException` once the buffer is full",
            slow_reader,
        ),
        Case::new("6-unsigned", Documented, "an unsigned call gives 403", unsigned)
            .on_api(Api::Iam),
        Case::new(
            "6-bad-signature",
            Observed,
            "a call signed with a wrong secret gives 403",
            bad_signature,
        )
        .on_api(Api::Iam),
        Case::new(
            "6-signed",
            Observed,
            "a call is signed for `execute-api`, with the sent path encoded once more",
            signed,
        )
        .on_api(Api::Iam),
    ]
}

/// A well-formed id of no connection.
const UNKNOWN_ID: &str = "AAAAAAAAAAAAAAA=";

async fn post(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    for text in ["hello", "{\"a\" : \"\u{1f980}\"}", " \r\n"] {
        let answer = api.manage(Method::POST, &id, text).await?;
        same("the status and the body", (answer.status, &answer.body[..]), (200, &b""[..]))?;
        same("the message", client.text().await?, text.to_owned())?;
    }
    Ok(())
}

async fn described(api: &TargetApi, id: &str) -> CaseResult<Value> {
    let answer = api.manage(Method::GET, id, "").await?;
    same("the status", answer.status, 200)?;
    json(&answer)
}

fn json(answer: &ManagementResponse) -> CaseResult<Value> {
    let text = String::from_utf8_lossy(&answer.body);
    serde_json::from_str(&text).map_err(|_| Finding::differs("a body of JSON", text))
}

async fn get(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let body = described(&api, &id).await?;
    same("the keys", keys(&body), vec!["connectedAt", "identity", "lastActiveAt"])
}

async fn get_times(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let event = client.event().await?;
    let context = &event["requestContext"];
    let body = described(&api, context["connectionId"].as_str().unwrap_or_default()).await?;
    for key in ["connectedAt", "lastActiveAt"] {
        let text = body[key].as_str().unwrap_or_default();
        let form = text.len() == "2026-11-21T09:15:24.410Z".len() && text.ends_with('Z');
        let time: Option<jiff::Timestamp> = text.parse().ok().filter(|_| form);
        holds(&format!("`{key}` as 2026-11-21T09:15:24.410Z"), time.is_some(), &body)?;
        if key == "connectedAt" {
            let epoch = time.map(jiff::Timestamp::as_millisecond);
            same("connectedAt as in events", epoch, context["connectedAt"].as_i64())?;
        }
    }
    Ok(())
}

async fn get_active(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let before = described(&api, &id).await?;
    sleep(api.timing.silence).await;
    client.id().await?;
    let after = described(&api, &id).await?;
    same("connectedAt", &after["connectedAt"], &before["connectedAt"])?;
    let times = [&before, &after].map(|body| body["lastActiveAt"].to_string());
    holds("a later `lastActiveAt`", times[0] < times[1], &times)
}

async fn get_identity(api: TargetApi) -> CaseResult {
    let mut client = api.handshake().header("user-agent", "Prober/1").open().await?;
    let event = client.event().await?;
    let identity = &event["requestContext"]["identity"];
    let id = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
    let body = described(&api, id).await?;
    for key in ["sourceIp", "userAgent"] {
        same(key, &body["identity"][key], &identity[key])?;
    }
    Ok(())
}

async fn delete(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let answer = api.manage(Method::DELETE, &id, "").await?;
    same("the status and the body", (answer.status, &answer.body[..]), (204, &b""[..]))?;
    client.closed().await.map(drop)
}

async fn paths(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    for at in ["@", "%40"] {
        for end in ["=", "%3D"] {
            let path = format!("/{at}connections/{}", id.replace('=', end));
            let status = api.manage_at(Method::POST, &path, path.clone()).await?.status;
            same(&format!("the status of {path}"), status, 200)?;
            same("the message", client.text().await?, path)?;
        }
    }
    Ok(())
}

/// The responses of all calls for a connection that does not exist.
async fn gone(api: &TargetApi, id: &str) -> CaseResult<Vec<ManagementResponse>> {
    let mut answers = Vec::new();
    for (method, body) in [(Method::POST, "x"), (Method::GET, ""), (Method::DELETE, "")] {
        let answer = api.manage(method.clone(), id, body).await?;
        same(&format!("the status of {method}"), answer.status, 410)?;
        answers.push(answer);
    }
    Ok(answers)
}

async fn closed(api: &TargetApi) -> CaseResult<String> {
    let mut watcher = api.watcher().await?;
    let (mut client, _) = watcher.client(api).await?;
    let id = client.id().await?;
    client.close(None).await?;
    watcher.event("DISCONNECT").await?;
    Ok(id)
}

async fn gone_closed(api: TargetApi) -> CaseResult {
    let id = closed(&api).await?;
    gone(&api, &id).await.map(drop)
}

async fn gone_unknown(api: TargetApi) -> CaseResult {
    gone(&api, UNKNOWN_ID).await.map(drop)
}

async fn gone_type(api: TargetApi) -> CaseResult {
    let answers = gone(&api, UNKNOWN_ID).await?;
    answers.iter().try_for_each(|answer| same("the error", answer.error(), "GoneException"))
}

async fn gone_body(api: TargetApi) -> CaseResult {
    let answers = gone(&api, UNKNOWN_ID).await?;
    answers.iter().try_for_each(|answer| holds("no JSON", json(answer).is_err(), &answer.body))
}

async fn malformed_id(api: TargetApi) -> CaseResult {
    let answer = api.manage(Method::POST, "nonsense", "x").await?;
    same("status and error", (answer.status, answer.error()), (400, "BadRequestException"))?;
    let message = json(&answer)?["message"].clone();
    same("the message", message.as_str(), Some("Invalid connectionId: nonsense"))
}

async fn forbidden(api: TargetApi, stage: Option<&'static str>) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let (host, _) = api.management.rsplit_once('/').unwrap_or_default();
    let url = format!(
        "{host}{}/@connections/{}",
        stage.unwrap_or_default(),
        crate::management::escaped(&id)
    );
    let answer = api.call(Method::POST, &url, "x", api.keys.as_ref()).await?;
    same("status and error", (answer.status, answer.error()), (403, "ForbiddenException"))?;
    same("the body", &answer.body[..], &br#"{"message":"Forbidden"}"#[..])
}

async fn too_large(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    let answer = api.manage(Method::POST, &id, vec![b'x'; MESSAGE_BYTES + 1]).await?;
    same("status and error", (answer.status, answer.error()), (413, "PayloadTooLargeException"))?;
    holds("a message", json(&answer)?["message"].is_string(), &answer.body)
}

async fn slow_reader(api: TargetApi) -> CaseResult {
    // Much more than the buffers of both systems and of the gateway hold.
    const POSTS: usize = 240;
    let mut client = api.handshake().receive_buffer(16 * 1024).open().await?;
    let id = client.id().await?;
    let text = "y".repeat(MESSAGE_BYTES);
    for _ in 0..POSTS {
        let answer = api.manage(Method::POST, &id, text.clone()).await?;
        if answer.status != 200 {
            let seen = (answer.status, answer.error());
            return same("status and error", seen, (429, "LimitExceededException"));
        }
    }
    Err(Finding::differs("a 429", format!("{POSTS} POSTs of 128 KB with 200")))
}

async fn client_with_url(api: &TargetApi) -> CaseResult<(crate::client::Client, String)> {
    let mut client = api.client().await?;
    let id = client.id().await?;
    Ok((client, format!("{}/@connections/{}", api.management, crate::management::escaped(&id))))
}

async fn unsigned(api: TargetApi) -> CaseResult {
    let (_client, url) = client_with_url(&api).await?;
    let answer = api.call(Method::POST, &url, "x", None).await?;
    same("the status", answer.status, 403)
}

async fn bad_signature(api: TargetApi) -> CaseResult {
    let (_client, url) = client_with_url(&api).await?;
    let Some(keys) = &api.keys else { return Err(Finding::skipped("there are no keys")) };
    let wrong = Keys { secret: format!("{}x", keys.secret), ..keys.clone() };
    let answer = api.call(Method::POST, &url, "x", Some(&wrong)).await?;
    same("the status", answer.status, 403)
}

async fn signed(api: TargetApi) -> CaseResult {
    let (mut client, url) = client_with_url(&api).await?;
    if api.keys.is_none() {
        return Err(Finding::skipped("there are no keys"));
    }
    let answer = api.call(Method::POST, &url, "signed", api.keys.as_ref()).await?;
    same("the status", answer.status, 200)?;
    same("the message", client.text().await?, "signed".to_owned())
}

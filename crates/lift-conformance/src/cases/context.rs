//! The fields of `requestContext` in the events of a connection ([R-1.1]).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::events::absent;
use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    TargetApi,
    error::{holds, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "1.1-event-type",
            Documented,
            "`eventType` is `CONNECT`, `MESSAGE`, `DISCONNECT`; `routeKey` of the first is `$connect`, of the last `$disconnect`",
            event_type,
        ),
        Case::new(
            "1.1-message-id",
            Documented,
            "`messageId` is in the events of messages only, a new one for each",
            message_id,
        ),
        Case::new("1.1-direction", Observed, "`messageDirection` is `IN`", direction),
        Case::new(
            "1.1-connected-at",
            Observed,
            "`connectedAt` is in milliseconds, and the same for the whole connection",
            connected_at,
        ),
        Case::new(
            "1.1-time",
            Documented,
            "`requestTimeEpoch` is in milliseconds; `requestTime` is the same as `dd/MMM/yyyy:HH:mm:ss +0000`",
            time,
        ),
        Case::new(
            "1.1-request-id",
            Documented,
            "`requestId` and `extendedRequestId` are equal, and new for each event",
            request_id,
        ),
        Case::new(
            "1.1-id-form",
            Observed,
            "ids of connections have 16 characters of the base64url alphabet, the last one `=`",
            id_form,
        ),
        Case::new(
            "1.1-same",
            Observed,
            "`connectionId`, `domainName`, `stage`, `apiId` and the address stay the same",
            stays_the_same,
        ),
        Case::new(
            "1.1-stage",
            Observed,
            "`stage` is the stage in the URL",
            stage,
        ),
        Case::new(
            "1.1-user-agent",
            Observed,
            "`identity.userAgent` is what the client sent, in all events",
            user_agent,
        ),
        Case::new(
            "1.1-no-user-agent",
            Observed,
            "without the header, `identity` has no `userAgent`",
            no_user_agent,
        ),
        Case::new(
            "1.1-no-iam",
            Observed,
            "without `AWS_IAM` and API keys, `identity` lacks their fields, even as `null`",
            no_iam,
        ),
        Case::new(
            "1.1-iam",
            Observed,
            "with `AWS_IAM`, `identity` has account, caller, user, ARN and access key of the signer",
            iam,
        )
        .on_api(Api::Iam),
        Case::new(
            "1.1-api-key",
            Observed,
            "with an API key, `identity` has `apiKey` and `apiKeyId`",
            api_key,
        )
        .on_api(Api::Keyed),
    ]
}

async fn event_type(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    same(
        "eventType",
        lifetime.context("eventType"),
        [&json!("CONNECT"), &json!("MESSAGE"), &json!("DISCONNECT")],
    )?;
    same(
        "routeKey",
        lifetime.context("routeKey"),
        [&json!("$connect"), &json!("two"), &json!("$disconnect")],
    )
}

async fn message_id(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    absent(&lifetime.connect["requestContext"], &["messageId"])?;
    absent(&lifetime.disconnect["requestContext"], &["messageId"])?;
    let mut client = api.client().await?;
    let ids = [lifetime.message, client.event().await?, client.event().await?]
        .map(|event| event["requestContext"]["messageId"].as_str().map(str::to_owned));
    holds("three texts, none twice", ids[0].is_some() && ids[1] != ids[2] && ids[2].is_some(), &ids)
}

async fn direction(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    same("messageDirection", lifetime.context("messageDirection"), [&json!("IN"); 3])
}

async fn connected_at(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let [first, second, third] = lifetime.context("connectedAt");
    holds("a time within a minute of now", is_now(first), first)?;
    same("connectedAt of the other events", [second, third], [first, first])
}

async fn time(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    for event in lifetime.all() {
        let context = &event["requestContext"];
        let epoch = &context["requestTimeEpoch"];
        holds("a time within a minute of now", is_now(epoch), epoch)?;
        let text = context["requestTime"].as_str().unwrap_or_default();
        same("requestTime", text, &log_format(epoch.as_u64().unwrap_or_default()))?;
    }
    Ok(())
}

fn is_now(time: &Value) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let then = Duration::from_millis(time.as_u64().unwrap_or_default());
    now.abs_diff(then) < Duration::from_secs(60)
}

/// `21/Nov/2026:09:15:24 +0000`
fn log_format(milliseconds: u64) -> String {
    let time =
        i64::try_from(milliseconds).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    time.unwrap_or_default().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

async fn request_id(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let ids = lifetime.context("requestId");
    same("extendedRequestId", lifetime.context("extendedRequestId"), ids)?;
    let [first, second, third] = ids;
    holds("three texts, none twice", first.is_string() && first != second && second != third, ids)
}

async fn id_form(api: TargetApi) -> CaseResult {
    let id = api.client().await?.id().await?;
    let body = id.strip_suffix('=').unwrap_or_default();
    let of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    holds("15 characters and `=`", body.len() == 15 && body.bytes().all(of_alphabet), &id)
}

async fn stays_the_same(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    for key in ["connectionId", "domainName", "stage", "apiId"] {
        let [first, second, third] = lifetime.context(key);
        holds(key, first.is_string(), first)?;
        same(key, [second, third], [first, first])?;
    }
    let [first, second, third] = lifetime.context("identity").map(|identity| &identity["sourceIp"]);
    holds("sourceIp", first.is_string(), first)?;
    same("sourceIp", [second, third], [first, first])
}

async fn stage(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    let stage = json!(api.url.rsplit('/').next());
    same("stage", lifetime.context("stage"), [&stage; 3])
}

async fn user_agent(api: TargetApi) -> CaseResult {
    let lifetime =
        api.lifetime(|handshake| handshake.header("user-agent", "Prober/1 (Linux)")).await?;
    let found = lifetime.context("identity").map(|identity| identity["userAgent"].clone());
    same("userAgent", found, [(); 3].map(|()| json!("Prober/1 (Linux)")))
}

async fn no_user_agent(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    lifetime
        .context("identity")
        .into_iter()
        .try_for_each(|identity| absent(identity, &["userAgent"]))
}

const OF_IAM: [&str; 5] = ["accountId", "caller", "user", "userArn", "accessKey"];

async fn no_iam(api: TargetApi) -> CaseResult {
    let lifetime = api.lifetime(|handshake| handshake).await?;
    for identity in lifetime.context("identity") {
        absent(identity, &OF_IAM)?;
        absent(identity, &["apiKey", "apiKeyId"])?;
    }
    Ok(())
}

async fn iam(api: TargetApi) -> CaseResult {
    let (_, event) = api.watcher().await?.client(&api).await?;
    let identity = &event["requestContext"]["identity"];
    let access = api.keys.as_ref().map(|keys| keys.access.as_str());
    same("accessKey", identity["accessKey"].as_str(), access)?;
    holds("all five as text", OF_IAM.iter().all(|key| identity[*key].is_string()), identity)
}

async fn api_key(api: TargetApi) -> CaseResult {
    let (_, event) = api.watcher().await?.client(&api).await?;
    let identity = &event["requestContext"]["identity"];
    same("apiKey", identity["apiKey"].as_str(), api.api_key.as_deref())?;
    holds("`apiKeyId` as text", identity["apiKeyId"].is_string(), identity)
}

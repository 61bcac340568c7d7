//! Route selection and models ([R-3]).

use crate::{
    Api, Case, CaseResult,
    Evidence::*,
    TargetApi,
    client::message_for,
    error::{holds, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "3-exact",
            Documented,
            "a message goes to the route that its `action` names",
            |api| selects(api, r#"{"action":"two"}"#, "two"),
        ),
        Case::new(
            "3-no-match",
            Documented,
            "a message that selects no route goes to `$default`, and its event says `$default`",
            |api| selects(api, r#"{"action":"unknown"}"#, "$default"),
        ),
        Case::new("3-not-json", Documented, "text that is not JSON goes to `$default`", |api| {
            selects(api, "action: two", "$default")
        }),
        Case::new("3-scalar", Documented, "a JSON scalar goes to `$default`", |api| {
            selects(api, r#""two""#, "$default")
        }),
        Case::new("3-no-key", Documented, "an object without the key goes to `$default`", |api| {
            selects(api, r#"{"Action":"two"}"#, "$default")
        }),
        Case::new("3-number", Documented, "a number selects a route by its text", |api| {
            selects(api, r#"{"action":7}"#, "7")
        }),
        Case::new("3-boolean", Documented, "a boolean selects a route by its text", |api| {
            selects(api, r#"{"action":true}"#, "true")
        }),
        Case::new(
            "3-composed",
            Documented,
            "an expression may have several variables and literals between them",
            |api| selects(api, r#"{"service":"chat","action":"two"}"#, "chat/two"),
        )
        .on_api(Api::Composed),
        Case::new(
            "3-composed-missing",
            Documented,
            "a variable of a composed expression that the message lacks is empty",
            |api| selects(api, r#"{"action":"two"}"#, "/two"),
        )
        .on_api(Api::Composed),
        Case::new("3-case", Unsure, "route keys are case-sensitive", |api| {
            selects(api, r#"{"action":"TWO"}"#, "$default")
        }),
        Case::new(
            "3-reserved",
            Unsure,
            "a message that selects `$connect` goes to `$default`",
            |api| selects(api, r#"{"action":"$connect"}"#, "$default"),
        ),
        Case::new(
            "3-no-route",
            Observed,
            "without a route and without `$default` the client gets the \"Forbidden\" frame, byte for byte, \
             and stays connected",
            forbidden,
        )
        .on_api(Api::Bare),
        Case::new(
            "3-model-allows",
            Documented,
            "a message that fits the route's model reaches the function",
            |api| selects(api, r#"{"action":"model","n":1}"#, "model"),
        ),
        Case::new(
            "3-model-refuses",
            Documented,
            "a message that fits no model does not reach the function; the client gets \"Bad request body\"",
            refused_by_model,
        ),
        Case::new(
            "5.2-bad-body-form",
            Unsure,
            "the \"Bad request body\" frame has the documented bytes",
            bad_body_form,
        ),
    ]
}

async fn selects(api: TargetApi, message: &'static str, route: &'static str) -> CaseResult {
    let mut client = api.client().await?;
    client.send(message).await?;
    let event = client.json().await?;
    same("the route key", event["requestContext"]["routeKey"].as_str(), Some(route))
}

async fn forbidden(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    client.send(r#"{"action":"unknown"}"#).await?;
    is_error_frame(&client.text().await?, "Forbidden", &id)?;
    client.expect_no_message().await
}

/// Checks the bytes of an error frame, with any request id.
pub(super) fn is_error_frame(frame: &str, message: &str, id: &str) -> CaseResult<String> {
    let start = format!(r#"{{"message": "{message}", "connectionId":"{id}", "requestId":""#);
    let request = frame.strip_prefix(&start).and_then(|rest| rest.strip_suffix("\"}"));
    let whole = request.is_some_and(|request| !request.is_empty() && !request.contains('"'));
    holds(&format!("{start}..\"}}"), whole, frame)?;
    Ok(request.unwrap_or_default().to_owned())
}

async fn refused_by_model(api: TargetApi) -> CaseResult {
    let mut watcher = api.watcher().await?;
    let mut client = api.client().await?;
    client.send(message_for("model", &watcher.instructions())).await?;
    same("the message", client.json().await?["message"].as_str(), Some("Bad request body"))?;
    // If the function had run, its event would arrive here first.
    watcher.client.expect_no_message().await
}

async fn bad_body_form(api: TargetApi) -> CaseResult {
    let mut client = api.client().await?;
    let id = client.id().await?;
    client.send(r#"{"action":"model"}"#).await?;
    let frame = client.text().await?;
    let start =
        format!(r#"{{"message" : "Bad request body", "connectionId": "{id}", "messageId": ""#);
    holds(&format!("{start}..\"}}"), frame.starts_with(&start) && frame.ends_with("\"}"), frame)
}

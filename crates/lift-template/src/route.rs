//! The routes of an API: which function each leads to, and what comes back.

use std::collections::{BTreeMap, HashSet};

use super::{
    api::{Access, Authorizer, of_api},
    fault::{Fault, Notice, Read},
    model::{Models, Schemas},
    scope::Scope,
    section::Section,
};

/// A route that leads to a function.
#[derive(Debug)]
pub struct Route {
    /// The route key, such as `$connect` or `send`.
    pub key: String,
    /// Whether what the function answers goes to the client.
    pub two_way: bool,
    /// What the function is called.
    pub function: String,
    /// Which messages reach it; `None` is all.
    pub models: Option<Models>,
}

/// API Gateway does not ask again for a message.
const ON_CONNECT: &str = "counts on the route $connect alone";

/// What the routes of an API say.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) routes: Vec<Route>,
    pub(super) access: Access,
    pub(super) needs_key: bool,
}

/// Reads the routes.
pub(super) fn read(
    scope: &Scope<'_>,
    api_id: &str,
    schemas: &Schemas,
    notices: &mut Vec<Notice>,
) -> Read<Found> {
    let integrations = integrations(scope, api_id, notices)?;
    let answered = answered(scope, api_id, notices)?;
    let mut found = Found::default();
    for (resource, mut section) in of_api(scope, "AWS::ApiGatewayV2::Route", api_id)? {
        let line = section.line_of("RouteKey");
        let key = section.required("RouteKey")?;
        if found.routes.iter().any(|route| route.key == key) {
            return Err(section.wrong(
                line,
                "RouteKey",
                format!("there is a route `{key}` already"),
            ));
        }
        let is_connect = key == "$connect";
        if is_connect {
            found.access = access(&mut section, api_id, notices)?;
            found.needs_key = section.flag("ApiKeyRequired")?;
        }
        let kind = section.text("AuthorizationType")?;
        if kind.is_some_and(|kind| !is_connect && kind != "NONE") {
            let place = section.place_of("AuthorizationType");
            notices.push(Notice { place, what: ON_CONNECT.to_owned() });
        }
        section.notice(&["AuthorizerId", "ApiKeyRequired"], ON_CONNECT, notices);
        let selects = section.text("RouteResponseSelectionExpression")?;
        let two_way = selects.as_deref() == Some("$default") && answered.contains(&resource.id);
        if selects.is_some() && !two_way {
            notices.push(Notice {
                place: section.place_of("RouteResponseSelectionExpression"),
                what: "sends nothing without an `AWS::ApiGatewayV2::RouteResponse` for the route"
                    .to_owned(),
            });
        }
        let models = Models::of_route(&mut section, schemas)?;
        let target_line = section.line_of("Target");
        let target = section.required("Target")?;
        section.skip(&["OperationName"]);
        let place = section.place_of("Target");
        section.finish(notices);
        let integration = target.strip_prefix("integrations/").unwrap_or(&target);
        match integrations.get(integration) {
            Some(Ok(function)) => {
                let function = function.clone();
                found.routes.push(Route { key, two_way, function, models });
            }
            Some(Err(why)) => notices.push(left_out(place, &key, why)),
            None => {
                let what = format!("`{target}` is no integration of this API");
                return Err(Fault::new(target_line, what).at(&place));
            }
        }
    }
    Ok(found)
}

fn left_out(place: String, key: &str, why: &str) -> Notice {
    let then = match key {
        "$connect" => "everybody who is authorized can connect",
        "$disconnect" => "nobody hears of who disconnects",
        "$default" => "a message that selects no route is answered with \"Forbidden\"",
        _ => "its messages go to $default, or are answered with \"Forbidden\"",
    };
    Notice { place, what: format!("the route {key} is left out, so {then}: {why}") }
}

/// By their ids, the functions of all integrations, or why they are none.
fn integrations(
    scope: &Scope<'_>,
    api_id: &str,
    notices: &mut Vec<Notice>,
) -> Read<BTreeMap<String, Result<String, String>>> {
    let mut all = BTreeMap::new();
    for (resource, mut section) in of_api(scope, "AWS::ApiGatewayV2::Integration", api_id)? {
        let kind = section.required("IntegrationType")?;
        let function = match &*kind {
            "AWS_PROXY" => function(&mut section, "IntegrationUri")?,
            kind => Err(format!("its integration is {kind}, and `lift dev` has AWS_PROXY alone")),
        };
        if section.text("TimeoutInMillis")?.is_some_and(|millis| millis != "29000") {
            let place = section.place_of("TimeoutInMillis");
            notices.push(Notice { place, what: "is 29 s for all integrations".to_owned() });
        }
        section.skip(&[
            "ConnectionType",
            "CredentialsArn",
            "Description",
            "IntegrationMethod",
            "IntegrationUri",
            "PassthroughBehavior",
            "PayloadFormatVersion",
        ]);
        match function.is_ok() {
            true => section.finish(notices),
            false => drop(section),
        }
        all.insert(resource.id.clone(), function);
    }
    Ok(all)
}

/// The routes for which there is a route response.
fn answered(scope: &Scope<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Read<HashSet<String>> {
    let mut all = HashSet::new();
    for (_, mut section) in of_api(scope, "AWS::ApiGatewayV2::RouteResponse", api_id)? {
        let line = section.line_of("RouteResponseKey");
        let key = section.required("RouteResponseKey")?;
        if key != "$default" {
            let what = format!("API Gateway has no route response `{key}`, but `$default` alone");
            return Err(section.wrong(line, "RouteResponseKey", what));
        }
        all.insert(section.required("RouteId")?);
        section.finish(notices);
    }
    Ok(all)
}

/// The authorization of `$connect`.
fn access(section: &mut Section<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Read<Access> {
    let line = section.line_of("AuthorizationType");
    match section.text("AuthorizationType")?.as_deref() {
        None | Some("NONE") => Ok(Access::Everybody),
        Some("AWS_IAM") => Ok(Access::Iam),
        Some("CUSTOM") => {
            let line = section.line_of("AuthorizerId");
            let id = section.required("AuthorizerId")?;
            let scope = section.scope();
            let all = of_api(scope, "AWS::ApiGatewayV2::Authorizer", api_id)?;
            let Some((_, mut found)) = all.into_iter().find(|(resource, _)| resource.id == id)
            else {
                let what = format!("`{id}` is no authorizer of this API");
                return Err(section.wrong(line, "AuthorizerId", what));
            };
            let line = found.line_of("AuthorizerUri");
            match function(&mut found, "AuthorizerUri")? {
                Ok(function) => {
                    let sources = found.texts("IdentitySource")?;
                    found.skip(&["AuthorizerCredentialsArn", "AuthorizerType", "Name"]);
                    found.finish(notices);
                    Ok(Access::Lambda(Authorizer { function, sources }))
                }
                // Without it everybody could connect.
                Err(why) => Err(found.wrong(line, "AuthorizerUri", why)),
            }
        }
        Some(other) => {
            let what = format!("`{other}` is none of NONE, AWS_IAM and CUSTOM");
            Err(section.wrong(line, "AuthorizationType", what))
        }
    }
}

/// The function that a URI invokes, or why it is none of this template.
fn function(section: &mut Section<'_>, key: &str) -> Read<Result<String, String>> {
    let uri = match section.text_or_why(key)? {
        Some(Ok(uri)) => uri,
        Some(Err(why)) => return Ok(Err(why)),
        None => return Ok(Err(format!("it has no `{key}`"))),
    };
    let arn = match uri.split_once("/functions/") {
        Some((_, rest)) => rest.strip_suffix("/invocations").unwrap_or(rest),
        None => &uri,
    };
    let function = section.scope().function_of(arn)?;
    Ok(match function {
        Some(resource) => Ok(resource.label().to_owned()),
        None => Err(format!("`{arn}` is no function of this template")),
    })
}

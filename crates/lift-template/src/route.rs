//! The routes of an API: the function and the models of each, and the authorization of `$connect`.

use std::collections::{BTreeMap, HashSet};

use crate::{
    error::{Notice, Result, TemplateError},
    models::{self, RouteModels, Schemas},
    property_reader::{PropertyReader, readers_of_api},
    scope::Scope,
};

/// The notice for settings that API Gateway evaluates only once per connection.
const ONLY_ON_CONNECT: &str = "has an effect on the route $connect only";

/// A route that leads to a function.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Route {
    /// The route key, such as `$connect` or `send`.
    pub key: String,
    /// Whether the function's reply is sent to the client.
    pub two_way: bool,
    /// The [`id`](crate::Function::id) of its function.
    pub function: String,
    /// The models that its messages must match. `None`: every message reaches the function.
    pub models: Option<RouteModels>,
}

/// The authorization of `$connect`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Authorization {
    /// `NONE`: every client can connect.
    #[default]
    None,
    /// `CUSTOM`: a Lambda authorizer decides.
    Lambda(Authorizer),
    /// `AWS_IAM`: clients sign the handshake.
    Iam,
}

/// A Lambda authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorizer {
    /// The [`id`](crate::Function::id) of its function.
    pub function: String,
    /// The identity sources as they are written, such as `route.request.header.Auth`.
    pub identity_sources: Vec<String>,
}

/// The routes of an API, and what its `$connect` route says about clients.
#[derive(Debug, Default)]
pub(crate) struct ApiRoutes {
    pub(crate) routes: Vec<Route>,
    pub(crate) authorization: Authorization,
    pub(crate) api_key_required: bool,
}

/// Reads the routes of an API.
pub(crate) fn read(
    scope: &Scope<'_>,
    api_id: &str,
    schemas: &Schemas,
    notices: &mut Vec<Notice>,
) -> Result<ApiRoutes> {
    let integrations = integrations(scope, api_id, notices)?;
    let with_response = routes_with_response(scope, api_id, notices)?;
    let mut read = ApiRoutes::default();
    for (resource, mut properties) in readers_of_api(scope, "AWS::ApiGatewayV2::Route", api_id)? {
        let line = properties.line_of("RouteKey");
        let key = properties.required("RouteKey")?;
        if read.routes.iter().any(|route| route.key == key) {
            let message = format!("the API has another route `{key}`");
            return Err(properties.error(line, "RouteKey", message));
        }
        if key == "$connect" {
            read.authorization = authorization(&mut properties, api_id, notices)?;
            read.api_key_required = properties.flag("ApiKeyRequired")?;
        } else {
            let line = properties.line_of("AuthorizationType");
            let path = properties.path_of("AuthorizationType");
            if properties.text("AuthorizationType")?.is_some_and(|value| value != "NONE") {
                notices.push(Notice::new(path, ONLY_ON_CONNECT).on_line(line));
            }
        }
        properties.notice(&["AuthorizerId", "ApiKeyRequired"], ONLY_ON_CONNECT, notices);
        let line = properties.line_of("RouteResponseSelectionExpression");
        let response = properties.text("RouteResponseSelectionExpression")?;
        let two_way =
            response.as_deref() == Some("$default") && with_response.contains(&resource.id);
        if response.is_some() && !two_way {
            let path = properties.path_of("RouteResponseSelectionExpression");
            let message =
                "has no effect without an `AWS::ApiGatewayV2::RouteResponse` of the route";
            notices.push(Notice::new(path, message).on_line(line));
        }
        let models = models::take_of_route(&mut properties, schemas)?;
        let target_line = properties.line_of("Target");
        let target = properties.required("Target")?;
        properties.ignore(&["OperationName"]);
        let path = properties.path_of("Target");
        properties.finish(notices);
        let integration = target.strip_prefix("integrations/").unwrap_or(&target);
        match integrations.get(integration) {
            Some(Ok(function)) => {
                let function = function.clone();
                read.routes.push(Route { key, two_way, function, models });
            }
            Some(Err(reason)) => {
                let message = left_out(&key, reason);
                notices.push(Notice::new(path, message).on_line(target_line));
            }
            None => {
                let message = format!("`{target}` is not an integration of this API");
                return Err(TemplateError::new(target_line, message).with_path(&path));
            }
        }
    }
    Ok(read)
}

/// What follows when a route is left out.
fn left_out(key: &str, reason: &str) -> String {
    let consequence = match key {
        "$connect" => "every authorized client can connect",
        "$disconnect" => "no function gets the end of a connection",
        "$default" => "a message that selects no route gets \"Forbidden\"",
        _ => "its messages go to $default, or get \"Forbidden\"",
    };
    format!("the route {key} is left out, so {consequence}: {reason}")
}

/// The functions of all integrations by logical id, or why an integration has none.
fn integrations(
    scope: &Scope<'_>,
    api_id: &str,
    notices: &mut Vec<Notice>,
) -> Result<BTreeMap<String, Result<String, String>>> {
    let mut all = BTreeMap::new();
    for (resource, mut properties) in
        readers_of_api(scope, "AWS::ApiGatewayV2::Integration", api_id)?
    {
        let integration_type = properties.required("IntegrationType")?;
        let function = match &*integration_type {
            "AWS_PROXY" => function(&mut properties, "IntegrationUri")?,
            other => Err(format!("its integration is {other}, and only AWS_PROXY runs locally")),
        };
        let line = properties.line_of("TimeoutInMillis");
        if properties.text("TimeoutInMillis")?.is_some_and(|millis| millis != "29000") {
            let path = properties.path_of("TimeoutInMillis");
            notices.push(Notice::new(path, "is 29 s for every integration locally").on_line(line));
        }
        properties.ignore(&[
            "ConnectionType",
            "CredentialsArn",
            "Description",
            "IntegrationMethod",
            "IntegrationUri",
            "PassthroughBehavior",
            "PayloadFormatVersion",
        ]);
        match function.is_ok() {
            true => properties.finish(notices),
            false => drop(properties),
        }
        all.insert(resource.id.clone(), function);
    }
    Ok(all)
}

/// The logical ids of the routes with a route response.
fn routes_with_response(
    scope: &Scope<'_>,
    api_id: &str,
    notices: &mut Vec<Notice>,
) -> Result<HashSet<String>> {
    let mut all = HashSet::new();
    for (_, mut properties) in readers_of_api(scope, "AWS::ApiGatewayV2::RouteResponse", api_id)? {
        let line = properties.line_of("RouteResponseKey");
        let key = properties.required("RouteResponseKey")?;
        if key != "$default" {
            let message = format!("`{key}` is not a route response: API Gateway has only $default");
            return Err(properties.error(line, "RouteResponseKey", message));
        }
        all.insert(properties.required("RouteId")?);
        properties.finish(notices);
    }
    Ok(all)
}

/// The authorization of `$connect`.
fn authorization(
    properties: &mut PropertyReader<'_>,
    api_id: &str,
    notices: &mut Vec<Notice>,
) -> Result<Authorization> {
    let line = properties.line_of("AuthorizationType");
    match properties.text("AuthorizationType")?.as_deref() {
        None | Some("NONE") => Ok(Authorization::None),
        Some("AWS_IAM") => Ok(Authorization::Iam),
        Some("CUSTOM") => {
            let line = properties.line_of("AuthorizerId");
            let id = properties.required("AuthorizerId")?;
            let all = readers_of_api(properties.scope(), "AWS::ApiGatewayV2::Authorizer", api_id)?;
            let Some((_, found)) = all.into_iter().find(|(resource, _)| resource.id == id) else {
                let message = format!("`{id}` is not an authorizer of this API");
                return Err(properties.error(line, "AuthorizerId", message));
            };
            authorizer(found, notices).map(Authorization::Lambda)
        }
        Some(other) => {
            let message = format!("`{other}` is not one of NONE, AWS_IAM and CUSTOM");
            Err(properties.error(line, "AuthorizationType", message))
        }
    }
}

fn authorizer(mut properties: PropertyReader<'_>, notices: &mut Vec<Notice>) -> Result<Authorizer> {
    let line = properties.line_of("AuthorizerUri");
    // A missing function is an error, not a notice: without an authorizer, every client could connect.
    let function = function(&mut properties, "AuthorizerUri")?
        .map_err(|reason| properties.error(line, "AuthorizerUri", reason))?;
    let identity_sources = properties.texts("IdentitySource")?;
    properties.ignore(&["AuthorizerCredentialsArn", "AuthorizerType", "Name"]);
    properties.finish(notices);
    Ok(Authorizer { function, identity_sources })
}

/// The function of the template that a URI invokes, or why there is none.
fn function(properties: &mut PropertyReader<'_>, key: &str) -> Result<Result<String, String>> {
    let uri = match properties.text_or_reason(key)? {
        Some(Ok(uri)) => uri,
        Some(Err(reason)) => return Ok(Err(reason)),
        None => return Ok(Err(format!("`{key}` is missing"))),
    };
    let arn = match uri.split_once("/functions/") {
        Some((_, rest)) => rest.strip_suffix("/invocations").unwrap_or(rest),
        None => &uri,
    };
    let function = properties.scope().function_of(arn)?;
    Ok(match function {
        Some(resource) => Ok(resource.user_name().to_owned()),
        None => Err(format!("`{arn}` is not a function of this template")),
    })
}

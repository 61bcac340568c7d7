//! The WebSocket API of a template: `AWS::ApiGatewayV2::Api` and what belongs to it.

use crate::{
    error::{Notice, Result, TemplateError},
    models,
    node::{Node, NodeKind},
    property_reader::PropertyReader,
    resource::Resource,
    route::{self, Authorization, Route},
    scope::Scope,
    stage::{self, Stage},
};

/// A WebSocket API with one stage.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Api {
    /// Stands for `apiId`: the logical id in lower case, as it is part of host names.
    pub api_id: String,
    /// The route selection expression, such as `$request.body.action`.
    pub route_selection: String,
    /// The routes that lead to a function of the template. At least one.
    pub routes: Vec<Route>,
    /// The authorization of `$connect`.
    pub authorization: Authorization,
    /// The API keys, if `$connect` requires one.
    pub api_keys: Option<ApiKeys>,
    /// The stage.
    pub stage: Stage,
}

/// The API keys of which a client needs one to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKeys {
    /// Whether the authorizer's response has the client's key (AUTHORIZER), not a header (HEADER).
    pub from_authorizer: bool,
    /// The keys whose values are in the template.
    pub keys: Vec<ApiKey>,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKey {
    /// Its logical id.
    pub id: String,
    /// Its value, a secret.
    pub value: String,
}

/// Reads the only WebSocket API, or the one that the options name.
pub(crate) fn read(scope: &Scope<'_>, notices: &mut Vec<Notice>) -> Result<Api> {
    let resource = choose(scope, notices)?;
    let mut properties = PropertyReader::of_resource(scope, resource)?;
    let api_id = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
    let api_id = api_id.as_text().unwrap_or_default().to_owned();
    let route_selection = properties.required("RouteSelectionExpression")?;
    let key_source = properties.text("ApiKeySelectionExpression")?;
    properties.ignore(&[
        "Description",
        "DisableSchemaValidation",
        "IpAddressType",
        "Name",
        "ProtocolType",
        "Tags",
        "Version",
    ]);
    properties.finish(notices);

    let schemas = models::read(scope, &api_id, notices)?;
    let routes = route::read(scope, &api_id, &schemas, notices)?;
    let api_keys = match routes.api_key_required {
        true => Some(api_keys(scope, key_source.as_deref(), notices)?),
        false => None,
    };
    if routes.routes.is_empty() {
        let message = format!("no route of `{}` leads to a function of this template", resource.id);
        let error = TemplateError::new(resource.properties.line, message);
        return Err(error.with_path(&resource.path));
    }
    Ok(Api {
        stage: stage::read(scope, &api_id, notices)?,
        api_id,
        route_selection,
        routes: routes.routes,
        authorization: routes.authorization,
        api_keys,
    })
}

fn choose<'a>(scope: &'a Scope<'_>, notices: &mut Vec<Notice>) -> Result<&'a Resource> {
    let mut found: Vec<&Resource> = Vec::new();
    for resource in scope.resources() {
        if resource.resource_type != "AWS::ApiGatewayV2::Api" {
            continue;
        }
        let mut properties = PropertyReader::of_resource(scope, resource)?;
        match properties.text("ProtocolType")?.as_deref() {
            Some("WEBSOCKET") => found.push(resource),
            _ => {
                let message = "is not a WebSocket API, and is not served";
                let notice = Notice::new(resource.resource_path(), message);
                notices.push(notice.on_line(resource.properties.line));
            }
        }
    }
    let ids: Vec<&str> = found.iter().map(|resource| &*resource.id).collect();
    let list = ids.join(", ");
    match (&found[..], &scope.options().api) {
        ([], _) => Err(TemplateError::no_template(
            0,
            "there is no WebSocket API in it: no `AWS::Serverless::WebSocketApi`, and no \
             `AWS::ApiGatewayV2::Api` with the `ProtocolType` WEBSOCKET",
        )),
        (all, Some(id)) => {
            let named = all.iter().find(|resource| resource.id == *id).copied();
            named.ok_or_else(|| {
                TemplateError::option(format!("there is no WebSocket API `{id}`; it has {list}"))
            })
        }
        ([one], None) => Ok(one),
        _ => {
            let message = format!("it has several WebSocket APIs: pass --api with one of {list}");
            Err(TemplateError::option(message))
        }
    }
}

fn api_keys(scope: &Scope<'_>, source: Option<&str>, notices: &mut Vec<Notice>) -> Result<ApiKeys> {
    let from_authorizer = source.is_some_and(|source| source.starts_with("$context.authorizer"));
    let mut keys = Vec::new();
    let resources = scope.resources().iter();
    for resource in resources.filter(|one| one.resource_type == "AWS::ApiGateway::ApiKey") {
        let value = resource.properties.get("Value").map(|value| scope.eval(value)).transpose()?;
        match value.map(|value| value.kind) {
            Some(NodeKind::Text { text: value, .. }) => {
                keys.push(ApiKey { id: resource.id.clone(), value });
            }
            _ => {
                let message = "is not in the template, so no client can connect with this key";
                let notice = Notice::new(format!("{}.Value", resource.path), message);
                notices.push(notice.on_line(resource.properties.line));
            }
        }
    }
    if keys.is_empty() {
        notices.push(Notice::new(
            "ApiKeyRequired",
            "refuses every client, because no `AWS::ApiGateway::ApiKey` has a `Value`",
        ));
    }
    Ok(ApiKeys { from_authorizer, keys })
}

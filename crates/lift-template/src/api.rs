//! The WebSocket API of a template: `AWS::ApiGatewayV2::Api`, and who may use it.

use super::{
    fault::{Fault, Notice, Read},
    model,
    node::{Kind, Node},
    resource::Resource,
    route::{self, Route},
    scope::Scope,
    section::Section,
    stage::{self, Stage},
};

/// A WebSocket API with one stage.
#[derive(Debug)]
pub struct Api {
    /// What stands for `apiId`, also where functions were told it.
    pub api_id: String,
    /// The route selection expression, such as `$request.body.action`.
    pub selection: String,
    /// The routes that lead to a function of the template. At least one.
    pub routes: Vec<Route>,
    /// Who may connect.
    pub access: Access,
    /// The API keys, if a client needs one to connect.
    pub keys: Option<ApiKeys>,
    /// The stage.
    pub stage: Stage,
}

/// Who may connect.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// `NONE`: every client.
    #[default]
    Everybody,
    /// `CUSTOM`: clients that a Lambda authorizer allows.
    Lambda(Authorizer),
    /// `AWS_IAM`: clients that sign the handshake.
    Iam,
}

/// A Lambda authorizer.
#[derive(Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// What its function is called.
    pub function: String,
    /// The identity sources, as they are written.
    pub sources: Vec<String>,
}

/// The keys of which a client needs one.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiKeys {
    /// Whether the authorizer's answer has the key, rather than a header.
    pub from_authorizer: bool,
    /// Their logical ids and values.
    pub keys: Vec<(String, String)>,
}

/// Reads the only API, or the one that the user names.
pub(super) fn read(scope: &Scope<'_>, notices: &mut Vec<Notice>) -> Read<Api> {
    let resource = choose(scope, notices)?;
    let mut section = Section::new(scope, &resource.place, &resource.properties)?;
    let api_id = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
    let api_id = api_id.as_text().unwrap_or_default().to_owned();
    let selection = section.required("RouteSelectionExpression")?;
    let key_source = section.text("ApiKeySelectionExpression")?;
    section.skip(&[
        "Description",
        "DisableSchemaValidation",
        "IpAddressType",
        "Name",
        "ProtocolType",
        "Tags",
        "Version",
    ]);
    section.finish(notices);

    let models = model::read(scope, &api_id, notices)?;
    let found = route::read(scope, &api_id, &models, notices)?;
    let keys = match found.needs_key {
        true => Some(keys(scope, key_source.as_deref(), notices)?),
        false => None,
    };
    if found.routes.is_empty() {
        let what = format!("no route of `{}` leads to a function of this template", resource.id);
        return Err(Fault::new(resource.properties.line, what).at(&resource.place));
    }
    Ok(Api {
        stage: stage::read(scope, &api_id, notices)?,
        api_id,
        selection,
        routes: found.routes,
        access: found.access,
        keys,
    })
}

fn choose<'a>(scope: &'a Scope<'_>, notices: &mut Vec<Notice>) -> Read<&'a Resource> {
    let mut found: Vec<&Resource> = Vec::new();
    for resource in scope.resources() {
        if resource.kind != "AWS::ApiGatewayV2::Api" {
            continue;
        }
        let mut section = Section::new(scope, &resource.place, &resource.properties)?;
        match section.text("ProtocolType")?.as_deref() {
            Some("WEBSOCKET") => found.push(resource),
            _ => {
                let place = resource.whole_place();
                let what = "is no WebSocket API, and is not served".to_owned();
                notices.push(Notice { place, what });
            }
        }
    }
    let names: Vec<&str> = found.iter().map(|resource| &*resource.id).collect();
    let list = names.join(", ");
    match (&found[..], &scope.given().api) {
        ([], _) => Err(Fault::new(
            0,
            "there is no WebSocket API in it: no `AWS::Serverless::WebSocketApi`, and no \
             `AWS::ApiGatewayV2::Api` with the `ProtocolType` WEBSOCKET",
        )),
        (all, Some(name)) => match all.iter().find(|resource| resource.id == *name) {
            Some(resource) => Ok(resource),
            None => {
                Err(Fault::new(0, format!("there is no WebSocket API `{name}`; it has {list}")))
            }
        },
        ([one], None) => Ok(one),
        _ => Err(Fault::new(
            0,
            format!("it has several WebSocket APIs: pass --api with one of {list}"),
        )),
    }
}

/// The sections of those resources of a type that are of an API.
pub(super) fn of_api<'a>(
    scope: &'a Scope<'a>,
    kind: &str,
    api_id: &str,
) -> Read<Vec<(&'a Resource, Section<'a>)>> {
    let mut sections = Vec::new();
    for resource in scope.resources().iter().filter(|resource| resource.kind == kind) {
        let mut section = Section::new(scope, &resource.place, &resource.properties)?;
        // What is of an API that is not known here is not of this one.
        if section.text_or_why("ApiId")?.is_some_and(|id| id.as_deref() == Ok(api_id)) {
            sections.push((resource, section));
        }
    }
    Ok(sections)
}

fn keys(scope: &Scope<'_>, source: Option<&str>, notices: &mut Vec<Notice>) -> Read<ApiKeys> {
    let from_authorizer = source.is_some_and(|source| source.starts_with("$context.authorizer"));
    let mut keys = Vec::new();
    for resource in scope.resources().iter().filter(|one| one.kind == "AWS::ApiGateway::ApiKey") {
        let value = resource.properties.get("Value").map(|value| scope.eval(value)).transpose()?;
        match value.map(|value| value.kind) {
            Some(Kind::Text { text, .. }) => keys.push((resource.id.clone(), text)),
            _ => notices.push(Notice {
                place: format!("{}.Value", resource.place),
                what: "is not in the template, so that nobody can connect with this key".to_owned(),
            }),
        }
    }
    if keys.is_empty() {
        notices.push(Notice {
            place: "ApiKeyRequired".to_owned(),
            what: "without an `AWS::ApiGateway::ApiKey` that has a `Value`, nobody can connect"
                .to_owned(),
        });
    }
    Ok(ApiKeys { from_authorizer, keys })
}

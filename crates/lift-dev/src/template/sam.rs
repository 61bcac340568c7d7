//! What SAM adds to CloudFormation: `Globals`, and `AWS::Serverless::WebSocketApi`, which is
//! rewritten into the resources that SAM makes of it.

use super::fault::{Notice, Read};
use super::node::{Kind, Node};
use super::resource::Resource;
use super::scope::Scope;
use super::section::Section;

const WEBSOCKET_API: &str = "AWS::Serverless::WebSocketApi";

/// The document with `Globals` in each resource that they are for. Lists are joined, maps merged,
/// and else the resource's own word counts.
pub(super) fn with_globals(mut document: Node, notices: &mut Vec<Notice>) -> Node {
    let Some(globals) = document.get("Globals").cloned() else { return document };
    for (name, _) in globals.entries() {
        if !["Function", "WebSocketApi", "SimpleTable", "Api", "HttpApi"].contains(&&**name) {
            let place = format!("Globals.{name}");
            notices.push(Notice { place, what: "is not done".to_owned() });
        }
    }
    let Kind::Map(sections) = &mut document.kind else { return document };
    let resources = sections.iter_mut().find(|(name, _)| name == "Resources");
    if let Some((_, Node { kind: Kind::Map(resources), .. })) = resources {
        for (_, resource) in resources {
            let kind = resource.get("Type").and_then(Node::as_text);
            let of_sam = kind.and_then(|kind| kind.strip_prefix("AWS::Serverless::"));
            if let Some(global) = of_sam.and_then(|name| globals.get(name)) {
                let own = resource.get("Properties").cloned();
                resource.set("Properties", merge(global.clone(), own));
            }
        }
    }
    document
}

fn merge(global: Node, own: Option<Node>) -> Node {
    let Some(own) = own else { return global };
    let is_call = |node: &Node| matches!(node.entries(), [(name, _)] if name == "Ref" || name.starts_with("Fn::"));
    if is_call(&global) || is_call(&own) {
        return own;
    }
    let line = own.line;
    match (global.kind, own.kind) {
        (Kind::Map(global), Kind::Map(own)) => {
            let mut merged = Node::new(line, Kind::Map(own));
            for (name, value) in global {
                let own = merged.get(&name).cloned();
                merged.set(&name, merge(value, own));
            }
            merged
        }
        (Kind::List(mut global), Kind::List(own)) => {
            global.extend(own);
            Node::new(line, Kind::List(global))
        }
        (_, kind) => Node::new(line, kind),
    }
}

/// Puts what SAM makes of its WebSocket APIs in their place.
pub(super) fn expand(scope: &mut Scope<'_>, notices: &mut Vec<Notice>) -> Read<()> {
    let apis: Vec<Resource> =
        scope.resources().iter().filter(|one| one.kind == WEBSOCKET_API).cloned().collect();
    for api in apis {
        let made = Made::of(scope, &api, notices)?;
        made.0.into_iter().for_each(|resource| scope.add(resource));
    }
    Ok(())
}

/// The resources that SAM makes of one.
struct Made(Vec<Resource>);

impl Made {
    fn of(scope: &Scope<'_>, api: &Resource, notices: &mut Vec<Notice>) -> Read<Self> {
        let (id, line) = (&api.id, api.properties.line);
        let mut made = Self(Vec::new());
        let mut own = Node::map(line, [("ProtocolType", Node::text(line, "WEBSOCKET"))]);
        let mut stage = Node::map(line, [("StageName", Node::text(line, "default"))]);
        let mut section = Section::new(scope, &api.place, &api.properties)?;
        for (key, value) in api.properties.entries() {
            match &**key {
                "Auth" | "Routes" | "Domain" => {}
                "StageName"
                | "StageVariables"
                | "DefaultRouteSettings"
                | "RouteSettings"
                | "AccessLogSettings" => stage.set(key, value.clone()),
                "PropagateTags" | "FailOnWarnings" => {}
                _ => own.set(key, value.clone()),
            }
        }
        section.notice(&["Domain"], "has no domain of its own here", notices);
        made.add(id.clone(), "Api", &api.place, own);
        made.add(format!("{id}.Stage"), "Stage", &api.place, of(id, stage));

        let mut auth = section.section("Auth")?;
        let kind = match &mut auth {
            Some(auth) => auth.text("AuthType")?,
            None => None,
        };
        let Some(routes) = section.section("Routes")? else {
            return Err(section.wrong(line, "Routes", "a WebSocket API has at least one route"));
        };
        for key in routes.keys() {
            let place = routes.place_of(&key);
            let settings = api.properties.get("Routes").and_then(|routes| routes.get(&key));
            let names = ["$connect", "$disconnect", "$default"];
            let mut name =
                key.trim_start_matches(|c| c == '$' && names.contains(&&*key)).to_owned();
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            let mut route = Node::map(line, [("RouteKey", Node::text(line, &*key))]);
            let mut integration =
                Node::map(line, [("IntegrationType", Node::text(line, "AWS_PROXY"))]);
            for (property, value) in settings.map_or(&[][..], Node::entries) {
                match &**property {
                    "FunctionArn" => integration.set("IntegrationUri", value.clone()),
                    "IntegrationTimeout" => integration.set("TimeoutInMillis", value.clone()),
                    _ => route.set(property, value.clone()),
                }
            }
            route.set("Target", Node::text(line, format!("integrations/{id}{name}Integration")));
            if key == "$connect"
                && let Some(kind) = &kind
            {
                route.set("AuthorizationType", Node::text(line, kind.to_ascii_uppercase()));
                route.set("AuthorizerId", Node::text(line, format!("{id}ConnectAuthorizer")));
            }
            let integration = of(id, integration);
            made.add(format!("{id}{name}Integration"), "Integration", &place, integration);
            made.add(format!("{id}{name}Route"), "Route", &place, of(id, route));
        }
        if let Some(auth) = auth {
            let mut authorizer = Node::map::<&str>(line, []);
            let settings = api.properties.get("Auth").map_or(&[][..], Node::entries);
            for (property, value) in settings {
                match &**property {
                    "AuthArn" => authorizer.set("AuthorizerUri", value.clone()),
                    "IdentitySource" => authorizer.set("IdentitySource", value.clone()),
                    _ => {}
                }
            }
            let place = auth.place_of("AuthArn");
            let place = place.trim_end_matches(".AuthArn");
            made.add(format!("{id}ConnectAuthorizer"), "Authorizer", place, of(id, authorizer));
        }
        Ok(made)
    }

    fn add(&mut self, id: String, kind: &str, place: &str, properties: Node) {
        let kind = format!("AWS::ApiGatewayV2::{kind}");
        self.0.push(Resource::generated(id, &kind, place, properties));
    }
}

/// The same properties, of an API.
fn of(api: &str, mut properties: Node) -> Node {
    let line = properties.line;
    properties.set("ApiId", Node::call("Ref", Node::text(line, api)));
    properties
}

//! `AWS::Serverless::WebSocketApi`, rewritten into the resources that SAM makes of it.

use super::{
    fault::{Fault, Notice, Read},
    node::Node,
    resource::Resource,
    scope::Scope,
    section::Section,
};

const KIND: &str = "AWS::Serverless::WebSocketApi";

/// Puts what SAM makes of its WebSocket APIs in their place.
pub(super) fn expand(scope: &mut Scope<'_>, notices: &mut Vec<Notice>) -> Read<()> {
    let apis: Vec<Resource> =
        scope.resources().iter().filter(|one| one.kind == KIND).cloned().collect();
    for api in &apis {
        let mut made = Made { api, resources: Vec::new() };
        made.api_and_stage();
        let mut section = Section::new(scope, &api.place, &api.properties)?;
        section.notice(&["Domain"], "has no domain of its own here", notices);
        let access = made.authorizer(&mut section)?;
        made.routes(&mut section, access)?;
        made.resources.into_iter().for_each(|resource| scope.add(resource));
    }
    Ok(())
}

/// The resources that SAM makes of one.
struct Made<'a> {
    api: &'a Resource,
    resources: Vec<Resource>,
}

impl Made<'_> {
    fn api_and_stage(&mut self) {
        let line = self.api.properties.line;
        let mut own = Node::map(line, [("ProtocolType", Node::text(line, "WEBSOCKET"))]);
        let mut stage = Node::map(line, [("StageName", Node::text(line, "default"))]);
        for (key, value) in self.api.properties.entries() {
            match &**key {
                "Auth" | "Domain" | "FailOnWarnings" | "PropagateTags" | "Routes" => {}
                "AccessLogSettings"
                | "DefaultRouteSettings"
                | "RouteSettings"
                | "StageName"
                | "StageVariables" => stage.set(key, value.clone()),
                _ => own.set(key, value.clone()),
            }
        }
        let place = self.api.place.clone();
        self.add(self.api.id.clone(), "Api", &place, own);
        let stage = self.of_api(stage);
        self.add(format!("{}.Stage", self.api.id), "Stage", &place, stage);
    }

    /// The authorizer, and what `$connect` says of it. An `Auth` that SAM would refuse is refused
    /// here, too: read in another way, it could let everybody in.
    fn authorizer(&mut self, section: &mut Section<'_>) -> Read<Option<[(&'static str, Node); 2]>> {
        let Some(mut auth) = section.section("Auth")? else { return Ok(None) };
        let line = self.api.properties.line;
        let kind = auth.required("AuthType")?.to_ascii_uppercase();
        let mut authorizer = Node::map::<&str>(line, []);
        let settings = self.api.properties.get("Auth").map_or(&[][..], Node::entries);
        for (property, value) in settings {
            match &**property {
                "AuthArn" => authorizer.set("AuthorizerUri", value.clone()),
                "IdentitySource" => authorizer.set("IdentitySource", value.clone()),
                _ => {}
            }
        }
        let id = format!("{}ConnectAuthorizer", self.api.id);
        let authorizer = self.of_api(authorizer);
        self.add(id.clone(), "Authorizer", &format!("{}.Auth", self.api.place), authorizer);
        let (kind, id) = (Node::text(line, kind), Node::text(line, id));
        Ok(Some([("AuthorizationType", kind), ("AuthorizerId", id)]))
    }

    fn routes(
        &mut self,
        section: &mut Section<'_>,
        access: Option<[(&'static str, Node); 2]>,
    ) -> Read<()> {
        let line = self.api.properties.line;
        let Some(routes) = section.section("Routes")? else {
            return Err(section.wrong(line, "Routes", "a WebSocket API has at least one route"));
        };
        let keys = routes.keys();
        if access.is_some() && !keys.iter().any(|key| key == "$connect") {
            let what = "`Auth` is for the route $connect, which is not there";
            return Err(section.wrong(line, "Auth", what));
        }
        for key in keys {
            let place = routes.place_of(&key);
            let line = routes.line_of(&key);
            let stem = self.stem(&key).map_err(|what| Fault::new(line, what).at(&place))?;
            let mut route = Node::map(line, [("RouteKey", Node::text(line, &*key))]);
            let mut integration =
                Node::map(line, [("IntegrationType", Node::text(line, "AWS_PROXY"))]);
            let settings = self.api.properties.get("Routes").and_then(|routes| routes.get(&key));
            for (property, value) in settings.map_or(&[][..], Node::entries) {
                match &**property {
                    "FunctionArn" => integration.set("IntegrationUri", value.clone()),
                    "IntegrationTimeout" => integration.set("TimeoutInMillis", value.clone()),
                    _ => route.set(property, value.clone()),
                }
            }
            route.set("Target", Node::text(line, format!("integrations/{stem}Integration")));
            if key == "$connect" {
                for (property, value) in access.iter().flatten() {
                    route.set(property, value.clone());
                }
            }
            let (integration, route) = (self.of_api(integration), self.of_api(route));
            self.add(format!("{stem}Integration"), "Integration", &place, integration);
            self.add(format!("{stem}Route"), "Route", &place, route);
        }
        Ok(())
    }

    /// What the logical ids of a route's resources begin with: SAM writes the first letter of the
    /// key large and all others small.
    fn stem(&self, key: &str) -> Result<String, String> {
        let word = match key {
            "$connect" | "$disconnect" | "$default" => &key[1..],
            key => key,
        };
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("SAM takes route keys of letters and digits, and not `{key}`"));
        }
        let (first, rest) = word.split_at(1);
        let word = first.to_ascii_uppercase() + &rest.to_ascii_lowercase();
        let stem = format!("{}{word}", self.api.id);
        match self.resources.iter().any(|resource| resource.id == format!("{stem}Route")) {
            true => Err(format!("SAM has one name for this route and another, `{stem}Route`")),
            false => Ok(stem),
        }
    }

    fn add(&mut self, id: String, kind: &str, place: &str, properties: Node) {
        let kind = format!("AWS::ApiGatewayV2::{kind}");
        self.resources.push(Resource::generated(id, &kind, place, properties));
    }

    /// The same properties, of the API.
    fn of_api(&self, mut properties: Node) -> Node {
        let line = properties.line;
        properties.set("ApiId", Node::call("Ref", Node::text(line, &*self.api.id)));
        properties
    }
}

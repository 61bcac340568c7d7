//! Rewrites `AWS::Serverless::WebSocketApi` into the resources that SAM deploys for it.

use crate::{
    error::{Notice, Result, TemplateError},
    node::Node,
    property_reader::PropertyReader,
    resource::Resource,
    scope::Scope,
};

/// Replaces each of SAM's WebSocket APIs in the scope by the resources that SAM generates.
pub(crate) fn expand(scope: &mut Scope<'_>, notices: &mut Vec<Notice>) -> Result<()> {
    let resources = scope.resources().iter();
    let apis: Vec<Resource> = resources
        .filter(|one| one.resource_type == "AWS::Serverless::WebSocketApi")
        .cloned()
        .collect();
    for api in &apis {
        let mut expansion = Expansion { api, resources: Vec::new() };
        expansion.add_api_and_stage();
        let mut properties = PropertyReader::of_resource(scope, api)?;
        properties.notice(&["Domain"], "has no effect: there is no custom domain locally", notices);
        let authorization = expansion.add_authorizer(&mut properties)?;
        expansion.add_routes(&mut properties, authorization)?;
        expansion.resources.into_iter().for_each(|resource| scope.add(resource));
    }
    Ok(())
}

/// The resources that SAM generates for one API.
struct Expansion<'a> {
    api: &'a Resource,
    resources: Vec<Resource>,
}

/// The properties of the `$connect` route for its authorization.
type ConnectProperties = [(&'static str, Node); 2];

impl Expansion<'_> {
    fn add_api_and_stage(&mut self) {
        let line = self.api.properties.line;
        let mut api = Node::map(line, [("ProtocolType", Node::text(line, "WEBSOCKET"))]);
        let mut stage = Node::map(line, [("StageName", Node::text(line, "default"))]);
        for (key, value) in self.api.properties.entries() {
            match &**key {
                "Auth" | "Domain" | "FailOnWarnings" | "PropagateTags" | "Routes" => {}
                "AccessLogSettings"
                | "DefaultRouteSettings"
                | "RouteSettings"
                | "StageName"
                | "StageVariables" => stage.set(key, value.clone()),
                _ => api.set(key, value.clone()),
            }
        }
        let path = self.api.path.clone();
        self.add(self.api.id.clone(), "Api", &path, api);
        let stage = self.with_api_id(stage);
        self.add(format!("{}.Stage", self.api.id), "Stage", &path, stage);
    }

    /// Adds the authorizer. An `Auth` that SAM refuses is an error here, too: with another reading it
    /// could allow every client.
    fn add_authorizer(
        &mut self,
        properties: &mut PropertyReader<'_>,
    ) -> Result<Option<ConnectProperties>> {
        let Some(mut auth) = properties.nested("Auth")? else { return Ok(None) };
        let line = self.api.properties.line;
        let auth_type = auth.required("AuthType")?.to_ascii_uppercase();
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
        let authorizer = self.with_api_id(authorizer);
        self.add(id.clone(), "Authorizer", &format!("{}.Auth", self.api.path), authorizer);
        let (auth_type, id) = (Node::text(line, auth_type), Node::text(line, id));
        Ok(Some([("AuthorizationType", auth_type), ("AuthorizerId", id)]))
    }

    fn add_routes(
        &mut self,
        properties: &mut PropertyReader<'_>,
        authorization: Option<ConnectProperties>,
    ) -> Result<()> {
        let line = self.api.properties.line;
        let Some(routes) = properties.nested("Routes")? else {
            let message = "a WebSocket API needs at least one route";
            return Err(properties.error(line, "Routes", message));
        };
        let keys = routes.keys();
        if authorization.is_some() && !keys.iter().any(|key| key == "$connect") {
            let message = "`Auth` needs the route $connect, which is missing";
            return Err(properties.error(line, "Auth", message));
        }
        for key in keys {
            let path = routes.path_of(&key);
            let line = routes.line_of(&key);
            let prefix = self
                .id_prefix(&key)
                .map_err(|message| TemplateError::new(line, message).with_path(&path))?;
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
            route.set("Target", Node::text(line, format!("integrations/{prefix}Integration")));
            if key == "$connect" {
                for (property, value) in authorization.iter().flatten() {
                    route.set(property, value.clone());
                }
            }
            let (integration, route) = (self.with_api_id(integration), self.with_api_id(route));
            self.add(format!("{prefix}Integration"), "Integration", &path, integration);
            self.add(format!("{prefix}Route"), "Route", &path, route);
        }
        Ok(())
    }

    /// The start of the logical ids of a route's resources. SAM writes the route key with a capital
    /// letter first and all others small.
    fn id_prefix(&self, key: &str) -> Result<String, String> {
        let word = match key {
            "$connect" | "$disconnect" | "$default" => &key[1..],
            key => key,
        };
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("SAM allows route keys of letters and digits only, not `{key}`"));
        }
        let (first, rest) = word.split_at(1);
        let word = first.to_ascii_uppercase() + &rest.to_ascii_lowercase();
        let prefix = format!("{}{word}", self.api.id);
        match self.resources.iter().any(|resource| resource.id == format!("{prefix}Route")) {
            true => Err(format!("SAM gives two routes the same logical id, `{prefix}Route`")),
            false => Ok(prefix),
        }
    }

    fn add(&mut self, id: String, type_name: &str, path: &str, properties: Node) {
        let resource_type = format!("AWS::ApiGatewayV2::{type_name}");
        self.resources.push(Resource::generated(id, &resource_type, path, properties));
    }

    /// The properties with the `ApiId` of this API.
    fn with_api_id(&self, mut properties: Node) -> Node {
        let line = properties.line;
        properties.set("ApiId", Node::call("Ref", Node::text(line, &*self.api.id)));
        properties
    }
}

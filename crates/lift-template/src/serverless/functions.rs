//! The functions of a service and their `websocket` events, as CloudFormation resources.

use crate::{
    error::{Notice, Result, TemplateError},
    node::{Node, NodeKind},
    property_reader::IGNORED,
    resource::Resource,
    schedule::RULE,
    serverless::schedules,
};

/// The framework's logical id of the API, which a service can refer to.
pub(super) const API: &str = "WebsocketsApi";

/// The framework's defaults.
const RUNTIME: &str = "nodejs20.x";
const TIMEOUT_SECONDS: &str = "6";
const MEMORY_MB: &str = "1024";
const IDENTITY_SOURCE: &str = "route.request.header.Auth";

const AUTHORIZER: &str = "AWS::ApiGatewayV2::Authorizer";
const INTEGRATION: &str = "AWS::ApiGatewayV2::Integration";
const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const ROUTE_RESPONSE: &str = "AWS::ApiGatewayV2::RouteResponse";

/// Keys of a function that are read, or have no local effect.
const FUNCTION_KEYS: [&str; 27] = [
    "architecture",
    "description",
    "disableLogs",
    "environment",
    "ephemeralStorageSize",
    "events",
    "handler",
    "iamRoleStatements",
    "iamRoleStatementsName",
    "image",
    "logRetentionInDays",
    "logDataProtectionPolicy",
    "maximumEventAge",
    "maximumRetryAttempts",
    "memory",
    "memorySize",
    "name",
    "package",
    "provisionedConcurrency",
    "reservedConcurrency",
    "role",
    "runtime",
    "runtimeManagement",
    "snapStart",
    "tags",
    "timeout",
    "tracing",
];

/// The resources that the framework generates for a function.
pub(super) struct FunctionResources<'a> {
    pub(super) resources: Vec<Resource>,
    /// The logical id of the function.
    id: String,
    /// Its path.
    path: String,
    /// All functions of the service, by name.
    all: &'a Node,
    /// How many schedules it has so far.
    schedules: usize,
}

impl<'a> FunctionResources<'a> {
    pub(super) fn of(
        name: &str,
        all: &'a Node,
        provider: &Node,
        stack: &str,
        notices: &mut Vec<Notice>,
    ) -> Result<Self> {
        let path = format!("functions.{name}");
        let empty = empty(all.line);
        let function = all.get(name).unwrap_or(&empty);
        let mut generated =
            Self { resources: Vec::new(), id: logical_id(name), path, all, schedules: 0 };
        for (key, node) in function.entries() {
            if !FUNCTION_KEYS.contains(&&**key) {
                let path = format!("{}.{key}", generated.path);
                notices.push(Notice::new(path, IGNORED).on_line(node.line));
            }
        }
        generated.add_function(name, function, provider, stack);
        for (index, event) in function.get("events").map_or(&[][..], Node::items).iter().enumerate()
        {
            generated.add_event(index, event, notices)?;
        }
        Ok(generated)
    }

    fn add_function(&mut self, name: &str, function: &Node, provider: &Node, stack: &str) {
        let line = function.line;
        let either = |key: &str, default: &str| {
            let found = function.get(key).or_else(|| provider.get(key));
            found.cloned().unwrap_or_else(|| Node::text(line, default))
        };
        let mut variables = provider.get("environment").cloned().unwrap_or(empty(line));
        for (name, value) in function.get("environment").map_or(&[][..], Node::entries) {
            variables.set(name, value.clone());
        }
        let default_name = Node::text(line, format!("{stack}-{name}"));
        let mut properties = Node::map(
            line,
            [
                ("FunctionName", function.get("name").cloned().unwrap_or(default_name)),
                ("Runtime", either("runtime", RUNTIME)),
                ("Timeout", either("timeout", TIMEOUT_SECONDS)),
                ("MemorySize", either("memorySize", MEMORY_MB)),
                ("Environment", Node::map(line, [("Variables", variables)])),
                ("Code", Node::text(line, ".")),
            ],
        );
        let same_value = [
            ("handler", "Handler"),
            ("reservedConcurrency", "ReservedConcurrentExecutions"),
            ("image", "ImageUri"),
        ];
        for (key, property) in same_value {
            if let Some(value) = function.get(key) {
                properties.set(property, value.clone());
            }
        }
        self.add(self.id.clone(), "AWS::Lambda::Function", self.path.clone(), properties);
    }

    fn add_event(&mut self, index: usize, event: &Node, notices: &mut Vec<Notice>) -> Result<()> {
        let path = format!("{}.events[{index}]", self.path);
        let (event_type, settings) = match (event.entries(), event.as_text()) {
            ([(event_type, settings)], _) => (&**event_type, settings),
            (_, Some(event_type)) => (event_type, event),
            _ => {
                let error = TemplateError::new(event.line, "an event must be a map with one key");
                return Err(error.with_path(&path));
            }
        };
        match event_type {
            "websocket" => self.add_route(index, settings, format!("{path}.websocket"), notices),
            "schedule" => self.add_schedules(settings, &format!("{path}.schedule"), notices),
            _ => {
                let message =
                    format!("sends no {event_type} events: only websocket and schedule do");
                notices.push(Notice::new(path, message).on_line(event.line));
                Ok(())
            }
        }
    }

    /// Adds a rule or a schedule for each rate of a `schedule` event.
    fn add_schedules(
        &mut self,
        settings: &Node,
        path: &str,
        notices: &mut Vec<Notice>,
    ) -> Result<()> {
        let schedules = schedules::read(settings, &self.id, path, notices)?;
        for (resource_type, properties) in schedules {
            self.schedules += 1;
            // The framework counts the schedules of a function.
            let base = self.id.trim_end_matches("LambdaFunction");
            let id = match resource_type {
                RULE => format!("{base}EventsRuleSchedule{}", self.schedules),
                _ => format!("{base}EventsSchedule{}", self.schedules),
            };
            self.add(id, resource_type, path.to_owned(), properties);
        }
        Ok(())
    }

    /// Adds the route of a `websocket` event, with its integration, route response and authorizer.
    fn add_route(
        &mut self,
        index: usize,
        settings: &Node,
        path: String,
        notices: &mut Vec<Notice>,
    ) -> Result<()> {
        let line = settings.line;
        let key = match (&settings.kind, settings.get("route")) {
            (NodeKind::Text { .. }, _) => settings.clone(),
            (_, Some(route)) => route.clone(),
            _ => return Err(TemplateError::new(line, "`route` is missing").with_path(&path)),
        };
        for (key, node) in settings.entries() {
            if !["route", "routeResponseSelectionExpression", "authorizer"].contains(&&**key) {
                let path = format!("{path}.{key}");
                notices.push(Notice::new(path, IGNORED).on_line(node.line));
            }
        }
        let (function, prefix) = (self.id.clone(), format!("{}Websocket{index}", self.id));
        let get_arn =
            |function: &str| Node::call("Fn::GetAtt", Node::text(line, format!("{function}.Arn")));
        let integration = Node::map(
            line,
            [
                ("IntegrationType", Node::text(line, "AWS_PROXY")),
                ("IntegrationUri", get_arn(&function)),
            ],
        );
        let target = format!("integrations/{prefix}Integration");
        let mut route = Node::map(line, [("RouteKey", key), ("Target", Node::text(line, target))]);
        if let Some(expression) = settings.get("routeResponseSelectionExpression") {
            route.set("RouteResponseSelectionExpression", expression.clone());
            let response = Node::map(
                line,
                [
                    ("RouteId", Node::text(line, format!("{prefix}Route"))),
                    ("RouteResponseKey", Node::text(line, "$default")),
                ],
            );
            self.add(
                format!("{prefix}RouteResponse"),
                ROUTE_RESPONSE,
                path.clone(),
                with_api_id(response),
            );
        }
        if let Some(settings) = settings.get("authorizer") {
            let path = format!("{path}.authorizer");
            let (uri, sources) = authorizer(settings, &path)?;
            let uri = match uri {
                Ok(arn) => arn,
                Err(name) if self.all.get(&name).is_some() => get_arn(&logical_id(&name)),
                Err(name) => {
                    let message = format!("the service has no function `{name}`");
                    return Err(TemplateError::new(settings.line, message).with_path(&path));
                }
            };
            let node = Node::map(line, [("AuthorizerUri", uri), ("IdentitySource", sources)]);
            route.set("AuthorizationType", Node::text(line, "CUSTOM"));
            route.set("AuthorizerId", Node::text(line, format!("{prefix}Authorizer")));
            self.add(format!("{prefix}Authorizer"), AUTHORIZER, path, with_api_id(node));
        }
        self.add(
            format!("{prefix}Integration"),
            INTEGRATION,
            path.clone(),
            with_api_id(integration),
        );
        self.add(format!("{prefix}Route"), ROUTE, path, with_api_id(route));
        Ok(())
    }

    fn add(&mut self, id: String, resource_type: &str, path: String, properties: Node) {
        self.resources.push(Resource::generated(id, resource_type, &path, properties));
    }
}

/// The ARN of an authorizer, or else the name of its function; and its identity sources.
fn authorizer(settings: &Node, path: &str) -> Result<(Result<Node, String>, Node)> {
    let line = settings.line;
    let default = || Node::text(line, IDENTITY_SOURCE);
    let arn_or_name = |text: &str| match text.starts_with("arn:") {
        true => Ok(Node::text(line, text)),
        false => Err(text.to_owned()),
    };
    if let Some(text) = settings.as_text() {
        return Ok((arn_or_name(text), default()));
    }
    let sources = settings.get("identitySource").cloned().unwrap_or_else(default);
    match (settings.get("arn"), settings.get("name").and_then(Node::as_text)) {
        (Some(arn), _) => Ok((Ok(arn.clone()), sources)),
        (None, Some(name)) => Ok((arn_or_name(name), sources)),
        _ if settings.entries().iter().any(|(key, _)| key.starts_with("Fn::")) => {
            Ok((Ok(settings.clone()), default()))
        }
        _ => {
            let error = TemplateError::new(line, "an authorizer needs a `name` or an `arn`");
            Err(error.with_path(path))
        }
    }
}

/// The properties with the `ApiId` of the service's API.
pub(super) fn with_api_id(mut properties: Node) -> Node {
    let line = properties.line;
    properties.set("ApiId", Node::call("Ref", Node::text(line, API)));
    properties
}

fn empty(line: usize) -> Node {
    Node::map::<&str>(line, [])
}

/// The logical id that the framework gives a function.
fn logical_id(name: &str) -> String {
    let mut id = name.replace('-', "Dash").replace('_', "Underscore");
    if let Some(first) = id.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    id + "LambdaFunction"
}

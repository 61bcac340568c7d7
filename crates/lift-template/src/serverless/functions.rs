//! The functions of a service, and their `websocket` events.

use super::{of_api, wrong};
use crate::{
    fault::{Notice, Read},
    node::{Kind, Node},
    resource::Resource,
};

/// What the framework asks for when a service says nothing.
const RUNTIME: &str = "nodejs20.x";
const TIMEOUT: &str = "6";
const MEMORY_MB: &str = "1024";
const IDENTITY_SOURCE: &str = "route.request.header.Auth";

/// Keys of a function that mean nothing on this machine, or are read below.
const KNOWN: [&str; 27] = [
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

/// The resources that the framework makes of a function.
pub(super) struct Made<'a> {
    pub(super) resources: Vec<Resource>,
    id: String,
    place: String,
    /// All functions of the service, by name.
    all: &'a Node,
}

impl<'a> Made<'a> {
    pub(super) fn of(
        name: &str,
        all: &'a Node,
        provider: &Node,
        stack: &str,
        notices: &mut Vec<Notice>,
    ) -> Read<Self> {
        let place = format!("functions.{name}");
        let empty = empty(all.line);
        let function = all.get(name).unwrap_or(&empty);
        let mut made = Self { resources: Vec::new(), id: logical(name), place, all };
        for (key, _) in function.entries() {
            if !KNOWN.contains(&&**key) {
                let place = format!("{}.{key}", made.place);
                notices.push(Notice { place, what: "is not done".to_owned() });
            }
        }
        made.function(name, function, provider, stack);
        for (index, event) in function.get("events").map_or(&[][..], Node::items).iter().enumerate()
        {
            made.event(index, event, notices)?;
        }
        Ok(made)
    }

    fn function(&mut self, name: &str, function: &Node, provider: &Node, stack: &str) {
        let line = function.line;
        let either = |key: &str, default: &str| {
            let found = function.get(key).or_else(|| provider.get(key));
            found.cloned().unwrap_or_else(|| Node::text(line, default))
        };
        let mut variables = provider.get("environment").cloned().unwrap_or(empty(line));
        for (name, value) in function.get("environment").map_or(&[][..], Node::entries) {
            variables.set(name, value.clone());
        }
        let own_name = Node::text(line, format!("{stack}-{name}"));
        let mut properties = Node::map(
            line,
            [
                ("FunctionName", function.get("name").cloned().unwrap_or(own_name)),
                ("Runtime", either("runtime", RUNTIME)),
                ("Timeout", either("timeout", TIMEOUT)),
                ("MemorySize", either("memorySize", MEMORY_MB)),
                ("Environment", Node::map(line, [("Variables", variables)])),
                ("Code", Node::text(line, ".")),
            ],
        );
        let same = [
            ("handler", "Handler"),
            ("reservedConcurrency", "ReservedConcurrentExecutions"),
            ("image", "ImageUri"),
        ];
        for (key, property) in same {
            if let Some(value) = function.get(key) {
                properties.set(property, value.clone());
            }
        }
        self.add(self.id.clone(), "AWS::Lambda::Function", self.place.clone(), properties);
    }

    fn event(&mut self, index: usize, event: &Node, notices: &mut Vec<Notice>) -> Read<()> {
        let place = format!("{}.events[{index}]", self.place);
        let (kind, settings) = match (event.entries(), event.as_text()) {
            ([(kind, settings)], _) => (&**kind, settings),
            (_, Some(kind)) => (kind, event),
            _ => return Err(wrong(event.line, &place, "an event is a map with one key")),
        };
        if kind != "websocket" {
            let what = format!("brings no {kind} events: the WebSocket API alone does");
            notices.push(Notice { place, what });
            return Ok(());
        }
        self.websocket(index, settings, format!("{place}.websocket"), notices)
    }

    fn websocket(
        &mut self,
        index: usize,
        settings: &Node,
        place: String,
        notices: &mut Vec<Notice>,
    ) -> Read<()> {
        let line = settings.line;
        let key = match (&settings.kind, settings.get("route")) {
            (Kind::Text { .. }, _) => settings.clone(),
            (_, Some(route)) => route.clone(),
            _ => return Err(wrong(line, &place, "`route` is missing")),
        };
        for (key, _) in settings.entries() {
            if !["route", "routeResponseSelectionExpression", "authorizer"].contains(&&**key) {
                let place = format!("{place}.{key}");
                notices.push(Notice { place, what: "is not done".to_owned() });
            }
        }
        let (function, stem) = (self.id.clone(), format!("{}Websocket{index}", self.id));
        let get_arn =
            |function: &str| Node::call("Fn::GetAtt", Node::text(line, format!("{function}.Arn")));
        let integration = Node::map(
            line,
            [
                ("IntegrationType", Node::text(line, "AWS_PROXY")),
                ("IntegrationUri", get_arn(&function)),
            ],
        );
        let target = format!("integrations/{stem}Integration");
        let mut route = Node::map(line, [("RouteKey", key), ("Target", Node::text(line, target))]);
        if let Some(expression) = settings.get("routeResponseSelectionExpression") {
            route.set("RouteResponseSelectionExpression", expression.clone());
            let response = Node::map(
                line,
                [
                    ("RouteId", Node::text(line, format!("{stem}Route"))),
                    ("RouteResponseKey", Node::text(line, "$default")),
                ],
            );
            self.add(
                format!("{stem}RouteResponse"),
                ROUTE_RESPONSE,
                place.clone(),
                of_api(response),
            );
        }
        if let Some(settings) = settings.get("authorizer") {
            let place = format!("{place}.authorizer");
            let (uri, sources) = authorizer(settings, &place)?;
            let uri = match uri {
                Ok(arn) => arn,
                Err(name) if self.all.get(&name).is_some() => get_arn(&logical(&name)),
                Err(name) => {
                    let what = format!("the service has no function `{name}`");
                    return Err(wrong(settings.line, &place, what));
                }
            };
            let node = Node::map(line, [("AuthorizerUri", uri), ("IdentitySource", sources)]);
            route.set("AuthorizationType", Node::text(line, "CUSTOM"));
            route.set("AuthorizerId", Node::text(line, format!("{stem}Authorizer")));
            self.add(format!("{stem}Authorizer"), AUTHORIZER, place, of_api(node));
        }
        self.add(format!("{stem}Integration"), INTEGRATION, place.clone(), of_api(integration));
        self.add(format!("{stem}Route"), ROUTE, place, of_api(route));
        Ok(())
    }

    fn add(&mut self, id: String, kind: &str, place: String, properties: Node) {
        self.resources.push(Resource::generated(id, kind, &place, properties));
    }
}

const AUTHORIZER: &str = "AWS::ApiGatewayV2::Authorizer";
const INTEGRATION: &str = "AWS::ApiGatewayV2::Integration";
const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const ROUTE_RESPONSE: &str = "AWS::ApiGatewayV2::RouteResponse";

/// What an authorizer's ARN is, or else the name of its function, and its identity sources.
fn authorizer(settings: &Node, place: &str) -> Read<(Result<Node, String>, Node)> {
    let line = settings.line;
    let default = || Node::text(line, IDENTITY_SOURCE);
    let by_text = |text: &str| match text.starts_with("arn:") {
        true => Ok(Node::text(line, text)),
        false => Err(text.to_owned()),
    };
    if let Some(text) = settings.as_text() {
        return Ok((by_text(text), default()));
    }
    let sources = settings.get("identitySource").cloned().unwrap_or_else(default);
    match (settings.get("arn"), settings.get("name").and_then(Node::as_text)) {
        (Some(arn), _) => Ok((Ok(arn.clone()), sources)),
        (None, Some(name)) => Ok((by_text(name), sources)),
        _ if settings.entries().iter().any(|(key, _)| key.starts_with("Fn::")) => {
            Ok((Ok(settings.clone()), default()))
        }
        _ => Err(wrong(line, place, "an authorizer has a `name` or an `arn`")),
    }
}

fn empty(line: usize) -> Node {
    Node::map::<&str>(line, [])
}

/// The logical id that the framework gives a function.
fn logical(name: &str) -> String {
    let mut id = name.replace('-', "Dash").replace('_', "Underscore");
    if let Some(first) = id.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    id + "LambdaFunction"
}

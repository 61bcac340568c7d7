//! serverless.yml, rewritten into the CloudFormation resources that the Serverless Framework would
//! deploy for it.

mod functions;
mod variables;

use std::collections::BTreeMap;

use self::variables::Variables;
use super::{
    fault::{Fault, Notice, Read},
    node::{Kind, Node},
    resource::Resource,
    scope::Given,
};

/// The framework's own logical ids, which a service may refer to.
const API: &str = "WebsocketsApi";
const STAGE: &str = "WebsocketsDeploymentStage";

/// A service as a template.
#[derive(Debug)]
pub(super) struct Service {
    /// What the service adds to the template itself.
    pub(super) document: Node,
    /// What the framework makes of its functions and their events.
    pub(super) resources: Vec<Resource>,
    pub(super) given: Given,
    pub(super) notices: Vec<Notice>,
}

/// Whether a document is a service, and not a template.
pub(super) fn is_one(document: &Node) -> bool {
    document.get("functions").is_some() && document.get("Resources").is_none()
}

impl Service {
    pub(super) fn read(document: &Node, given: &Given) -> Read<Self> {
        let mut document = document.clone();
        if let (Some(stage), Some(provider)) = (&given.stage, document.get("provider")) {
            // What is given on the command line is the provider's word for all who ask.
            let mut provider = provider.clone();
            provider.set("stage", Node::text(provider.line, stage.clone()));
            document.set("provider", provider);
        }
        let variables = Variables::new(&document, given)?;
        let stage = variables.stage().to_owned();
        let document = variables.resolve(&document)?;

        let service = document.get("service");
        let service = service.and_then(|one| one.get("name").unwrap_or(one).as_text());
        let service = service.unwrap_or("service");
        // What is given to the service's parameters was looked up with its variables.
        let stack = format!("{service}-{stage}");
        let given = Given { stack, parameters: BTreeMap::new(), ..given.clone() };
        let mut notices = Vec::new();
        let empty = Node::map::<&str>(document.line, []);
        let provider = document.get("provider").unwrap_or(&empty);
        let mut resources = vec![api(provider), stage_of(&stage, provider.line)];
        if let Some(Node { line, kind: Kind::Unknown(why) }) = document.get("functions") {
            return Err(wrong(*line, "functions", why));
        }
        let all = merged(document.get("functions"));
        for (name, _) in all.entries() {
            let made = functions::Made::of(name, &all, provider, &given.stack, &mut notices)?;
            resources.extend(made.resources);
        }
        unknown_keys(&document, provider, &mut notices);
        let document = merged(document.get("resources"));
        if let Some(why) = document.why_unknown() {
            let what = format!("is not known in part: {why}");
            notices.push(Notice { place: "resources".to_owned(), what });
        }
        Ok(Self { document, resources, given, notices })
    }
}

/// A map, which may be written as a list of maps.
fn merged(node: Option<&Node>) -> Node {
    let mut all = Node::map::<&str>(node.map_or(0, |node| node.line), []);
    let parts = node.map_or(&[][..], |node| match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    });
    for (key, value) in parts.iter().flat_map(Node::entries) {
        let mut value = value.clone();
        if let (Some(old), Kind::Map(_)) = (all.get(key), &value.kind) {
            let mut both = old.clone();
            value.entries().iter().for_each(|(key, value)| both.set(key, value.clone()));
            value = both;
        }
        all.set(key, value);
    }
    all
}

fn api(provider: &Node) -> Resource {
    let line = provider.line;
    let default = Node::text(line, "$request.body.action");
    let selection = provider.get("websocketsApiRouteSelectionExpression").unwrap_or(&default);
    let properties = Node::map(
        line,
        [
            ("ProtocolType", Node::text(line, "WEBSOCKET")),
            ("RouteSelectionExpression", selection.clone()),
        ],
    );
    Resource::generated(API.to_owned(), "AWS::ApiGatewayV2::Api", "provider", properties)
}

fn stage_of(name: &str, line: usize) -> Resource {
    let properties = Node::map(line, [("StageName", Node::text(line, name))]);
    let properties = of_api(properties);
    Resource::generated(STAGE.to_owned(), "AWS::ApiGatewayV2::Stage", "provider", properties)
}

/// The same properties, of the service's API.
fn of_api(mut properties: Node) -> Node {
    let line = properties.line;
    properties.set("ApiId", Node::call("Ref", Node::text(line, API)));
    properties
}

/// Says what of the service, and of what it says of all functions, nobody reads.
fn unknown_keys(document: &Node, provider: &Node, notices: &mut Vec<Notice>) {
    const KNOWN: [&str; 20] = [
        "app",
        "configValidationMode",
        "console",
        "custom",
        "deprecationNotificationMode",
        "disabledDeprecations",
        "frameworkVersion",
        "functions",
        "licenseKey",
        "org",
        "outputs",
        "package",
        "params",
        "plugins",
        "provider",
        "resources",
        "service",
        "stages",
        "tenant",
        "variablesResolutionMode",
    ];
    const OF_PROVIDER: [&str; 34] = [
        "accountId",
        "architecture",
        "deploymentBucket",
        "deploymentMethod",
        "deploymentPrefix",
        "disableRollback",
        "endpointType",
        "environment",
        "iam",
        "iamRoleStatements",
        "lambdaHashingVersion",
        "logRetentionInDays",
        "logs",
        "memorySize",
        "name",
        "notificationArns",
        "profile",
        "region",
        "rolePermissionsBoundary",
        "role",
        "rollbackConfiguration",
        "runtime",
        "runtimeManagement",
        "stackName",
        "stackPolicy",
        "stackTags",
        "stage",
        "tags",
        "timeout",
        "tracing",
        "versionFunctions",
        "websocketsApiName",
        "websocketsApiRouteSelectionExpression",
        "websocketsDescription",
    ];
    let mut add = |place: String, what: &str| {
        notices.push(Notice { place, what: what.to_owned() });
    };
    for plugin in document.get("plugins").map_or(&[][..], Node::items) {
        let name = plugin.as_text().unwrap_or("?");
        // It is what `lift dev` stands in for.
        if name != "serverless-offline" {
            add("plugins".to_owned(), &format!("`{name}` does not run"));
        }
    }
    for (key, _) in document.entries().iter().filter(|(key, _)| !KNOWN.contains(&&**key)) {
        add(key.clone(), "is not done");
    }
    for (key, _) in provider.entries().iter().filter(|(key, _)| !OF_PROVIDER.contains(&&**key)) {
        add(format!("provider.{key}"), "is not done");
    }
}

/// A fault of the service.
fn wrong(line: usize, place: &str, what: impl Into<String>) -> Fault {
    Fault::new(line, what).at(place)
}

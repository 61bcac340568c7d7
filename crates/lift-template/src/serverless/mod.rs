//! Rewrites serverless.yml into the CloudFormation resources that the Serverless Framework deploys.

mod functions;
mod schedules;
mod variables;

use std::collections::BTreeMap;

use self::{
    functions::{API, FunctionResources, with_api_id},
    variables::Variables,
};
use crate::{
    error::{Notice, Result, TemplateError},
    node::{Node, NodeKind},
    options::ReadOptions,
    property_reader::IGNORED,
    resource::Resource,
};

/// The framework's logical id of the stage, which a service can refer to.
const STAGE: &str = "WebsocketsDeploymentStage";

/// Top-level keys that are read, or have no local effect.
const SERVICE_KEYS: [&str; 20] = [
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

/// Keys of `provider` that are read, or have no local effect.
const PROVIDER_KEYS: [&str; 34] = [
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

/// A service as a CloudFormation template.
#[derive(Debug)]
pub(crate) struct Service {
    /// The service's own CloudFormation: its `resources`.
    pub(crate) document: Node,
    /// The resources that the framework generates.
    pub(crate) resources: Vec<Resource>,
    /// The options with the stack name of the service.
    pub(crate) options: ReadOptions,
    pub(crate) notices: Vec<Notice>,
}

/// Whether a document is a service, and not a CloudFormation template.
pub(crate) fn is_service(document: &Node) -> bool {
    document.get("functions").is_some() && document.get("Resources").is_none()
}

impl Service {
    pub(crate) fn read(document: &Node, options: &ReadOptions) -> Result<Self> {
        let mut document = document.clone();
        if let (Some(stage), Some(provider)) = (&options.stage, document.get("provider")) {
            // The option wins over `provider.stage`, also for `${self:provider.stage}`.
            let mut provider = provider.clone();
            provider.set("stage", Node::text(provider.line, stage.clone()));
            document.set("provider", provider);
        }
        let variables = Variables::new(&document, options)?;
        let stage = variables.stage().to_owned();
        let document = variables.resolve(&document)?;

        let name = document.get("service");
        let name = name.and_then(|one| one.get("name").unwrap_or(one).as_text());
        let stack_name = format!("{}-{stage}", name.unwrap_or("service"));
        // The parameters were values of the service's variables. Its CloudFormation declares none.
        let options = ReadOptions { stack_name, parameters: BTreeMap::new(), ..options.clone() };
        let mut notices = Vec::new();
        let empty = Node::map::<&str>(document.line, []);
        let provider = document.get("provider").unwrap_or(&empty);
        let mut resources = vec![api(provider), stage_resource(&stage, provider.line)];
        if let Some(Node { line, kind: NodeKind::Unknown(reason) }) = document.get("functions") {
            return Err(TemplateError::new(*line, reason).with_path("functions"));
        }
        let functions = merged(document.get("functions"));
        for (name, _) in functions.entries() {
            let stack_name = &options.stack_name;
            let generated =
                FunctionResources::of(name, &functions, provider, stack_name, &mut notices)?;
            resources.extend(generated.resources);
        }
        report_unread(&document, provider, &mut notices);
        let line = document.get("resources").map_or(0, |node| node.line);
        let document = merged(document.get("resources"));
        if let Some(reason) = document.unknown_reason() {
            let message = format!("has an unknown part: {reason}");
            notices.push(Notice::new("resources", message).on_line(line));
        }
        Ok(Self { document, resources, options, notices })
    }
}

/// A map that can also be written as a list of maps.
fn merged(node: Option<&Node>) -> Node {
    let mut all = Node::map::<&str>(node.map_or(0, |node| node.line), []);
    let parts = node.map_or(&[][..], |node| match &node.kind {
        NodeKind::List(items) => items,
        _ => std::slice::from_ref(node),
    });
    for (key, value) in parts.iter().flat_map(Node::entries) {
        let mut value = value.clone();
        if let (Some(first), NodeKind::Map(_)) = (all.get(key), &value.kind) {
            let mut both = first.clone();
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

fn stage_resource(name: &str, line: usize) -> Resource {
    let properties = Node::map(line, [("StageName", Node::text(line, name))]);
    let properties = with_api_id(properties);
    Resource::generated(STAGE.to_owned(), "AWS::ApiGatewayV2::Stage", "provider", properties)
}

/// Adds a notice for each plugin, and for each key of the service and of `provider` that is not read.
fn report_unread(document: &Node, provider: &Node, notices: &mut Vec<Notice>) {
    for plugin in document.get("plugins").map_or(&[][..], Node::items) {
        let name = plugin.as_text().unwrap_or("?");
        // `lift dev` replaces this plugin.
        if name != "serverless-offline" {
            let message = format!("`{name}` does not run");
            notices.push(Notice::new("plugins", message).on_line(plugin.line));
        }
    }
    for (key, node) in document.entries() {
        if !SERVICE_KEYS.contains(&&**key) {
            notices.push(Notice::new(key, IGNORED).on_line(node.line));
        }
    }
    for (key, node) in provider.entries() {
        if !PROVIDER_KEYS.contains(&&**key) {
            notices.push(Notice::new(format!("provider.{key}"), IGNORED).on_line(node.line));
        }
    }
}

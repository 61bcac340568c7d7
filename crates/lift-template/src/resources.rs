//! The `Resources` of a document: adds them to the scope, and reports the ones of other services.

use crate::{
    error::{Notice, Result, TemplateError},
    node::Node,
    resource::Resource,
    schedule::{RULE, SCHEDULE},
    scope::Scope,
};

/// Types without an effect on this machine: nothing is deployed, and permissions are not checked.
const IGNORED_TYPES: [&str; 9] = [
    "AWS::ApiGatewayV2::Deployment",
    "AWS::CDK::Metadata",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::Logs::LogGroup",
];

/// Adds the resources of a document whose conditions hold.
pub(crate) fn add_declared(scope: &mut Scope<'_>, document: &Node) -> Result<()> {
    let resources = document.get("Resources").map_or(&[][..], Node::entries);
    for (id, node) in resources {
        let path = format!("Resources.{id}.Properties");
        if let Some(condition) = node.get("Condition").and_then(Node::as_text)
            && !scope.holds(condition, node.line).map_err(|error| error.with_path(&path))?
        {
            continue;
        }
        let Some(resource_type) = node.get("Type").and_then(Node::as_text) else {
            let error = TemplateError::new(node.line, "`Type` is missing");
            return Err(error.with_path(&format!("Resources.{id}")));
        };
        scope.add(Resource {
            id: id.clone(),
            resource_type: resource_type.to_owned(),
            path,
            properties: node.get("Properties").cloned().unwrap_or(Node::map::<&str>(node.line, [])),
            metadata: node.get("Metadata").cloned(),
        });
    }
    Ok(())
}

/// Adds a notice for each resource of a service that is not read.
pub(crate) fn report_unread(scope: &Scope<'_>, notices: &mut Vec<Notice>) {
    for resource in scope.resources() {
        let resource_type = &*resource.resource_type;
        let is_read = resource.is_function()
            || resource.is_table()
            || resource_type.starts_with("AWS::ApiGatewayV2::")
            || resource_type == "AWS::ApiGateway::ApiKey"
            || [RULE, SCHEDULE].contains(&resource_type)
            || IGNORED_TYPES.contains(&resource_type);
        if !is_read {
            let message = format!("{resource_type} does not run locally");
            let notice = Notice::new(resource.resource_path(), message);
            notices.push(notice.on_line(resource.properties.line));
        }
    }
}

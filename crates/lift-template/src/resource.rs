//! The resources of a template, as they stand there.

use super::{
    fault::{Fault, Notice, Read},
    node::Node,
    scope::Scope,
};

/// A resource. Its conditions hold; its properties are not evaluated yet.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// The logical id.
    pub(crate) id: String,
    /// The type, such as `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// The keys that lead to its properties.
    pub(crate) place: String,
    /// Its properties, an empty map when it has none.
    pub(crate) properties: Node,
    /// What tools have written beside it, such as how to build a function.
    pub(crate) metadata: Option<Node>,
}

impl Resource {
    /// A resource that stands for a part of another one, as SAM and the Serverless Framework
    /// write them.
    pub(crate) fn generated(id: String, kind: &str, place: &str, properties: Node) -> Self {
        Self { id, kind: kind.to_owned(), place: place.to_owned(), properties, metadata: None }
    }

    /// What the user calls it: the logical id, or the name of a function in serverless.yml.
    pub(crate) fn label(&self) -> &str {
        self.place.strip_prefix("functions.").unwrap_or(&self.id)
    }

    /// The keys that lead to the resource itself.
    pub(crate) fn whole_place(&self) -> String {
        self.place.trim_end_matches(".Properties").to_owned()
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(&*self.kind, "AWS::Serverless::Function" | "AWS::Lambda::Function")
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(
            &*self.kind,
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable"
        )
    }
}

/// Types that mean nothing on this machine: permissions are not checked here, and nothing has to
/// be deployed.
const SILENT: [&str; 9] = [
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
pub(crate) fn declared(scope: &mut Scope<'_>, document: &Node) -> Read<()> {
    let resources = document.get("Resources").map_or(&[][..], Node::entries);
    for (id, node) in resources {
        let place = format!("Resources.{id}.Properties");
        if let Some(condition) = node.get("Condition").and_then(Node::as_text)
            && !scope.holds(condition, node.line).map_err(|fault| fault.at(&place))?
        {
            continue;
        }
        let Some(kind) = node.get("Type").and_then(Node::as_text) else {
            return Err(Fault::new(node.line, "`Type` is missing").at(&format!("Resources.{id}")));
        };
        scope.add(Resource {
            id: id.clone(),
            kind: kind.to_owned(),
            place,
            properties: node.get("Properties").cloned().unwrap_or(Node::map::<&str>(node.line, [])),
            metadata: node.get("Metadata").cloned(),
        });
    }
    Ok(())
}

/// Says of resources of other services that they are not there.
pub(crate) fn others(scope: &Scope<'_>, notices: &mut Vec<Notice>) {
    for resource in scope.resources() {
        let kind = &*resource.kind;
        let is_read = resource.is_function()
            || resource.is_table()
            || kind.starts_with("AWS::ApiGatewayV2::")
            || kind == "AWS::ApiGateway::ApiKey"
            || SILENT.contains(&kind);
        if !is_read {
            let place = resource.whole_place();
            notices.push(Notice { place, what: format!("{kind} does not run here") });
        }
    }
}

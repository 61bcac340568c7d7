//! A resource of a template, before its properties are evaluated.

use crate::node::Node;

/// A resource whose condition holds.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// The logical id.
    pub(crate) id: String,
    /// The type, such as `AWS::Lambda::Function`.
    pub(crate) resource_type: String,
    /// The path of its properties.
    pub(crate) path: String,
    /// Its properties, not evaluated; an empty map if it has none.
    pub(crate) properties: Node,
    /// What tools wrote beside it, such as how to build a function.
    pub(crate) metadata: Option<Node>,
}

impl Resource {
    /// A resource that SAM or the Serverless Framework generates from a part of another one.
    pub(crate) fn generated(id: String, resource_type: &str, path: &str, properties: Node) -> Self {
        let (resource_type, path) = (resource_type.to_owned(), path.to_owned());
        Self { id, resource_type, path, properties, metadata: None }
    }

    /// The user's name for it: the logical id, or the name of a function in serverless.yml.
    pub(crate) fn user_name(&self) -> &str {
        self.path.strip_prefix("functions.").unwrap_or(&self.id)
    }

    /// The path of the resource itself.
    pub(crate) fn resource_path(&self) -> String {
        self.path.trim_end_matches(".Properties").to_owned()
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(&*self.resource_type, "AWS::Serverless::Function" | "AWS::Lambda::Function")
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(
            &*self.resource_type,
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable"
        )
    }
}

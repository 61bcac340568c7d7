//! `Ref` and `Fn::GetAtt`: the values that names and attributes of resources have without an account.
//!
//! [`Scope::function_of`] is the way back from a function's ARN, by which a route finds its function.

use super::{Scope, intrinsics::unknown};
use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
    resource::Resource,
};

/// The least similarity (Jaro) of a name that an error suggests.
const SIMILAR: f64 = 0.8;

impl Scope<'_> {
    /// `Ref`: a pseudo parameter, a parameter or a resource.
    pub(super) fn reference(&self, name: &str, line: usize) -> Result<Node> {
        let options = self.options;
        let pseudo_parameter = match name {
            "AWS::Region" => &*options.region,
            "AWS::AccountId" => &options.account_id,
            "AWS::StackName" => &options.stack_name,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::NoValue" => return Ok(Node::new(line, NodeKind::Absent)),
            other if other.starts_with("AWS::") => {
                return Ok(unknown(line, &format!("only AWS has a value of `{other}`")));
            }
            _ => {
                return match (self.parameters.get(name), self.resource(name)) {
                    (Some(value), _) => Ok(Node::new(line, value.kind.clone())),
                    (None, Some(resource)) => self.eval_name(name, line, || {
                        let value = self.reference_of(resource, line);
                        value.map_err(|error| error.with_path(&resource.path))
                    }),
                    (None, None) => self.undeclared(name, line),
                };
            }
        };
        Ok(Node::text(line, pseudo_parameter))
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&self, id: &str, attribute: &str, line: usize) -> Result<Node> {
        let path = format!("{id}.{attribute}");
        if self.resource(&path).is_some() {
            return self.reference(&path, line);
        }
        match self.resource(id) {
            Some(resource) => {
                self.eval_name(&path, line, || self.attribute_of(resource, attribute, line))
            }
            None => self.undeclared(id, line),
        }
    }

    fn reference_of(&self, resource: &Resource, line: usize) -> Result<Node> {
        match &*resource.resource_type {
            _ if resource.is_function() => self.physical_name("FunctionName", resource, line),
            _ if resource.is_table() => self.physical_name("TableName", resource, line),
            "AWS::ApiGatewayV2::Api" => Ok(Node::text(line, api_id(&resource.id))),
            "AWS::ApiGatewayV2::Stage" => match resource.properties.get("StageName") {
                Some(name) => self.eval(name),
                None => Ok(unknown(line, "the stage has no `StageName`")),
            },
            "AWS::Lambda::Version" => self.qualified_arn("1", resource, line),
            "AWS::Lambda::Alias" => {
                let name =
                    resource.properties.get("Name").map(|name| self.eval(name)).transpose()?;
                let name = name.as_ref().and_then(Node::as_text).unwrap_or("alias");
                self.qualified_arn(name, resource, line)
            }
            other if other.starts_with("AWS::ApiGatewayV2::") => {
                Ok(Node::text(line, resource.id.clone()))
            }
            other => Ok(not_local(&resource.id, other, line)),
        }
    }

    fn attribute_of(&self, resource: &Resource, attribute: &str, line: usize) -> Result<Node> {
        let (region, account) = (&self.options.region, &self.options.account_id);
        match (&*resource.resource_type, attribute) {
            (_, "Arn") if resource.is_function() => {
                let name = self.physical_name("FunctionName", resource, line)?;
                Ok(map_text(name, |name| self.function_arn(name)))
            }
            (_, "Arn") if resource.is_table() => {
                let name = self.physical_name("TableName", resource, line)?;
                Ok(map_text(name, |name| {
                    format!("arn:aws:dynamodb:{region}:{account}:table/{name}")
                }))
            }
            ("AWS::Serverless::Function", "Alias" | "Version") => {
                self.attribute_of(resource, "Arn", line)
            }
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => {
                let host = format!("{}.execute-api.{region}.amazonaws.com", api_id(&resource.id));
                Ok(Node::text(line, format!("wss://{host}")))
            }
            (
                "AWS::ApiGatewayV2::Api"
                | "AWS::ApiGatewayV2::Route"
                | "AWS::ApiGatewayV2::Integration"
                | "AWS::ApiGatewayV2::Authorizer"
                | "AWS::ApiGatewayV2::Model",
                "ApiId" | "RouteId" | "IntegrationId" | "AuthorizerId" | "ModelId",
            ) => self.reference_of(resource, line),
            ("AWS::Lambda::Alias", "AliasArn") | ("AWS::Lambda::Version", "FunctionArn") => {
                self.reference_of(resource, line)
            }
            (other, attribute) => {
                Ok(not_local(&format!("{}.{attribute}", resource.id), other, line))
            }
        }
    }

    /// The physical name: the property that sets it, or the start of the name that AWS generates.
    fn physical_name(&self, property: &str, resource: &Resource, line: usize) -> Result<Node> {
        match resource.properties.get(property) {
            Some(name) => {
                let value = self.eval(name)?;
                match value.kind {
                    NodeKind::Text { .. } | NodeKind::Unknown(_) => Ok(Node::new(line, value.kind)),
                    _ => {
                        let message = format!("`{property}` is not a text");
                        Err(TemplateError::new(name.line, message))
                    }
                }
            }
            None => Ok(Node::text(line, format!("{}-{}", self.options.stack_name, resource.id))),
        }
    }

    /// The ARN of a version or an alias of a function.
    fn qualified_arn(&self, qualifier: &str, resource: &Resource, line: usize) -> Result<Node> {
        let Some(function) = resource.properties.get("FunctionName") else {
            return Ok(unknown(line, "`FunctionName` is missing"));
        };
        let name = self.eval(function)?;
        let arn = name.as_text().map(|name| match name.starts_with("arn:") {
            true => format!("{name}:{qualifier}"),
            false => self.function_arn(name) + ":" + qualifier,
        });
        Ok(arn.map_or(name, |arn| Node::text(line, arn)))
    }

    fn function_arn(&self, name: &str) -> String {
        let (region, account) = (&self.options.region, &self.options.account_id);
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// The function that an ARN names; also an ARN of a version or an alias.
    pub(crate) fn function_of(&self, arn: &str) -> Result<Option<&Resource>> {
        for resource in self.resources().iter().filter(|resource| resource.is_function()) {
            let name = self.reference(&resource.id, resource.properties.line)?;
            let Some(name) = name.as_text() else { continue };
            let rest = arn.strip_prefix(&self.function_arn(name));
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) || arn == name {
                return Ok(Some(resource));
            }
        }
        Ok(None)
    }

    /// A name that the document does not declare. SAM generates some, such as `ChatRole`.
    fn undeclared(&self, name: &str, line: usize) -> Result<Node> {
        let can_generate = |resource: &Resource| {
            resource.resource_type.starts_with("AWS::Serverless::")
                && name.starts_with(&resource.id)
        };
        if self.resources().iter().any(can_generate) {
            return Ok(unknown(line, &format!("SAM generates `{name}`, and `lift dev` does not")));
        }
        let names = self.parameters.keys().chain(self.by_id.keys());
        let nearest = names.max_by(|a, b| {
            strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)).then_with(|| b.cmp(a))
        });
        let hint = match nearest.filter(|nearest| strsim::jaro(nearest, name) > SIMILAR) {
            Some(nearest) => format!("; did you mean `{nearest}`?"),
            None => String::new(),
        };
        let message = format!("there is no parameter or resource `{name}`{hint}");
        Err(TemplateError::new(line, message))
    }
}

/// Stands for the id of an API. It is part of host names, so it is in lower case.
fn api_id(logical_id: &str) -> String {
    logical_id.to_ascii_lowercase()
}

fn map_text(node: Node, change: impl FnOnce(&str) -> String) -> Node {
    match node.as_text() {
        Some(text) => Node::text(node.line, change(text)),
        None => node,
    }
}

fn not_local(name: &str, resource_type: &str, line: usize) -> Node {
    unknown(
        line,
        &format!(
            "`{name}` belongs to a resource of type {resource_type}, which does not run locally"
        ),
    )
}

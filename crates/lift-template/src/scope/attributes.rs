//! What names and attributes of resources stand for, without any account.
//!
//! A function's ARN leads back to the function, which is how a route finds its own: see
//! [`Scope::function_of`].

use super::{Scope, intrinsics::unknown};
use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
    resource::Resource,
};

impl Scope<'_> {
    /// `Ref`: a pseudo parameter, a parameter, or a resource.
    pub(super) fn reference(&self, name: &str, line: usize) -> Read<Node> {
        let given = self.given;
        let pseudo = match name {
            "AWS::Region" => &*given.region,
            "AWS::AccountId" => &given.account,
            "AWS::StackName" => &given.stack,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::NoValue" => return Ok(Node::new(line, Kind::Absent)),
            other if other.starts_with("AWS::") => {
                return Ok(unknown(line, &format!("only AWS knows `{other}`")));
            }
            _ => {
                return match (self.parameters.get(name), self.resource(name)) {
                    (Some(value), _) => Ok(Node::new(line, value.kind.clone())),
                    (None, Some(resource)) => self.within(name, line, || {
                        let made = self.reference_of(resource, line);
                        made.map_err(|fault| fault.at(&resource.place))
                    }),
                    (None, None) => self.generated(name, line),
                };
            }
        };
        Ok(Node::text(line, pseudo))
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&self, id: &str, attribute: &str, line: usize) -> Read<Node> {
        let path = format!("{id}.{attribute}");
        if self.resource(&path).is_some() {
            return self.reference(&path, line);
        }
        match self.resource(id) {
            Some(resource) => {
                self.within(&path, line, || self.attribute_of(resource, attribute, line))
            }
            None => self.generated(id, line),
        }
    }

    fn reference_of(&self, resource: &Resource, line: usize) -> Read<Node> {
        match &*resource.kind {
            _ if resource.is_function() => self.named_by("FunctionName", resource, line),
            _ if resource.is_table() => self.named_by("TableName", resource, line),
            "AWS::ApiGatewayV2::Api" => Ok(Node::text(line, api_id(&resource.id))),
            "AWS::ApiGatewayV2::Stage" => match resource.properties.get("StageName") {
                Some(name) => self.eval(name),
                None => Ok(unknown(line, "the stage has no `StageName`")),
            },
            "AWS::Lambda::Version" => self.qualified("1", resource, line),
            "AWS::Lambda::Alias" => {
                let name =
                    resource.properties.get("Name").map(|name| self.eval(name)).transpose()?;
                let name = name.as_ref().and_then(Node::as_text).unwrap_or("alias");
                self.qualified(name, resource, line)
            }
            kind if kind.starts_with("AWS::ApiGatewayV2::") => {
                Ok(Node::text(line, resource.id.clone()))
            }
            kind => Ok(not_here(&resource.id, kind, line)),
        }
    }

    fn attribute_of(&self, resource: &Resource, attribute: &str, line: usize) -> Read<Node> {
        let (region, account) = (&self.given.region, &self.given.account);
        let arn = |before: &str, property: &str| {
            let mut node = self.named_by(property, resource, line)?;
            if let Some(name) = node.as_text() {
                let (service, kind) = before.split_once(' ').unwrap_or((before, ""));
                node =
                    Node::text(line, format!("arn:aws:{service}:{region}:{account}:{kind}{name}"));
            }
            Ok(node)
        };
        match (&*resource.kind, attribute) {
            (_, "Arn") if resource.is_function() => arn("lambda function:", "FunctionName"),
            (_, "Arn") if resource.is_table() => arn("dynamodb table/", "TableName"),
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
            (kind, attribute) => Ok(not_here(&format!("{}.{attribute}", resource.id), kind, line)),
        }
    }

    /// The physical name: the property that sets it, or what AWS would begin its own with.
    fn named_by(&self, property: &str, resource: &Resource, line: usize) -> Read<Node> {
        match resource.properties.get(property) {
            Some(name) => {
                let value = self.eval(name)?;
                match value.kind {
                    Kind::Text { .. } | Kind::Unknown(_) => Ok(Node::new(line, value.kind)),
                    _ => Err(Fault::new(name.line, format!("`{property}` is not a text"))),
                }
            }
            None => Ok(Node::text(line, format!("{}-{}", self.given.stack, resource.id))),
        }
    }

    /// The ARN of a version or an alias of a function.
    fn qualified(&self, qualifier: &str, resource: &Resource, line: usize) -> Read<Node> {
        let Some(function) = resource.properties.get("FunctionName") else {
            return Ok(unknown(line, "it has no `FunctionName`"));
        };
        let name = self.eval(function)?;
        let arn = name.as_text().map(|name| match name.starts_with("arn:") {
            true => format!("{name}:{qualifier}"),
            false => self.function_arn(name) + ":" + qualifier,
        });
        Ok(arn.map_or(name, |arn| Node::text(line, arn)))
    }

    fn function_arn(&self, name: &str) -> String {
        let (region, account) = (&self.given.region, &self.given.account);
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    }

    /// The function that an ARN, also of a version or an alias, is of.
    pub(crate) fn function_of(&self, arn: &str) -> Read<Option<&Resource>> {
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

    /// A name that stands for nothing in the document: SAM makes some, such as `ChatRole`.
    fn generated(&self, name: &str, line: usize) -> Read<Node> {
        let is_of_sam = |resource: &Resource| {
            resource.kind.starts_with("AWS::Serverless::") && name.starts_with(&resource.id)
        };
        if self.resources().iter().any(is_of_sam) {
            return Ok(unknown(line, &format!("`{name}` is made by SAM, and not by `lift dev`")));
        }
        let names = self.parameters.keys().chain(self.by_id.keys());
        let near = names.max_by(|a, b| {
            strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)).then_with(|| b.cmp(a))
        });
        let hint = match near.filter(|near| strsim::jaro(near, name) > 0.8) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        Err(Fault::new(line, format!("there is no parameter or resource `{name}`{hint}")))
    }
}

/// What stands for the id of an API, which is part of host names.
pub(crate) fn api_id(logical: &str) -> String {
    logical.to_ascii_lowercase()
}

fn not_here(name: &str, kind: &str, line: usize) -> Node {
    unknown(line, &format!("`{name}` is of an {kind}, which `lift dev` does not run"))
}

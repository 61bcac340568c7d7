//! The parameters of a template: the values that the user passes, or their defaults.

use std::collections::BTreeMap;

use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
    options::ReadOptions,
};

/// The values of all parameters. A parameter without one is unknown.
pub(super) fn read(
    declared: Option<&Node>,
    options: &ReadOptions,
) -> Result<BTreeMap<String, Node>> {
    let declared = declared.map_or(&[][..], Node::entries);
    for name in options.parameters.keys() {
        if !declared.iter().any(|(other, _)| other == name) {
            let names: Vec<&str> = declared.iter().map(|(name, _)| &**name).collect();
            let existing = match &names[..] {
                [] => "it has none".to_owned(),
                names => format!("it has {}", names.join(", ")),
            };
            let message = format!("the template has no parameter `{name}`; {existing}");
            return Err(TemplateError::option(message));
        }
    }
    declared
        .iter()
        .map(|(name, node)| {
            let path = format!("Parameters.{name}");
            let value = value(name, node, options.parameters.get(name))
                .map_err(|error| error.with_path(&path))?;
            Ok((name.clone(), value))
        })
        .collect()
}

fn value(name: &str, node: &Node, passed: Option<&String>) -> Result<Node> {
    let parameter_type = node.get("Type").and_then(Node::as_text).unwrap_or("String");
    let is_in_ssm = parameter_type.starts_with("AWS::SSM::");
    // The default of a parameter of SSM is the path of its value, not the value.
    let default = node.get("Default").filter(|_| !is_in_ssm);
    let text = match (passed, default) {
        (Some(text), _) => text.clone(),
        (None, Some(default)) => default.as_text().unwrap_or_default().to_owned(),
        (None, None) => {
            let reason = match is_in_ssm {
                true => "is kept in the Parameter Store of an account",
                false => "has no default",
            };
            let reason = format!("the parameter `{name}` {reason}: pass --parameter {name}=VALUE");
            return Ok(Node::new(node.line, NodeKind::Unknown(reason)));
        }
    };
    let allowed: Vec<&str> = node
        .get("AllowedValues")
        .map_or(&[][..], Node::items)
        .iter()
        .filter_map(Node::as_text)
        .collect();
    if !allowed.is_empty() && !allowed.contains(&&*text) {
        let list = allowed.join(", ");
        return Err(TemplateError::new(
            node.line,
            format!(
                "`{text}` is not an allowed value: pass --parameter {name}= with one of {list}"
            ),
        ));
    }
    if parameter_type == "CommaDelimitedList" || parameter_type.starts_with("List<") {
        let items = text.split(',').map(|item| Node::text(node.line, item.trim()));
        return Ok(Node::new(node.line, NodeKind::List(items.collect())));
    }
    Ok(Node::text(node.line, text))
}

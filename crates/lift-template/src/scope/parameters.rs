//! The parameters of a template: their defaults, and what the user gave.

use std::collections::BTreeMap;

use super::Given;
use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
};

/// The values of all parameters. One that has none is not known.
pub(super) fn read(declared: Option<&Node>, given: &Given) -> Read<BTreeMap<String, Node>> {
    let declared = declared.map_or(&[][..], Node::entries);
    for name in given.parameters.keys() {
        if !declared.iter().any(|(other, _)| other == name) {
            let names: Vec<&str> = declared.iter().map(|(name, _)| &**name).collect();
            let there = match &names[..] {
                [] => "it has none".to_owned(),
                names => format!("it has {}", names.join(", ")),
            };
            return Err(Fault::new(0, format!("the template has no parameter `{name}`; {there}")));
        }
    }
    declared
        .iter()
        .map(|(name, node)| {
            let value = value(name, node, given.parameters.get(name))
                .map_err(|fault| fault.at(&format!("Parameters.{name}")))?;
            Ok((name.clone(), value))
        })
        .collect()
}

fn value(name: &str, node: &Node, given: Option<&String>) -> Read<Node> {
    let kind = node.get("Type").and_then(Node::as_text).unwrap_or("String");
    let is_of_ssm = kind.starts_with("AWS::SSM::");
    let default = node.get("Default").filter(|_| !is_of_ssm);
    let text = match (given, default) {
        (Some(text), _) => text.clone(),
        // Where there is a default that is no text, it is an empty one.
        (None, Some(default)) => default.as_text().unwrap_or_default().to_owned(),
        (None, None) => {
            let why = match is_of_ssm {
                true => "is kept in the Parameter Store of an account",
                false => "has no default",
            };
            let why = format!("the parameter `{name}` {why}: pass --parameter {name}=VALUE");
            return Ok(Node::new(node.line, Kind::Unknown(why)));
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
        return Err(Fault::new(
            node.line,
            format!(
                "`{text}` is none of the allowed values: pass --parameter {name}= with one of {list}"
            ),
        ));
    }
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = text.split(',').map(|item| Node::text(node.line, item.trim()));
        return Ok(Node::new(node.line, Kind::List(items.collect())));
    }
    Ok(Node::text(node.line, text))
}

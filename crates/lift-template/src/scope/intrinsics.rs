//! The intrinsic functions whose value is a text, a list or a map.

use super::Scope;
use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
};

/// The longest text that a function makes. Lambda allows 4 KB for all environment variables.
const MAX_TEXT_BYTES: usize = 64 * 1024;

impl Scope<'_> {
    /// The value of a call. Its name is `Ref` or starts with `Fn::`.
    pub(super) fn call(&self, name: &str, argument: &Node) -> Result<Node> {
        let line = argument.line;
        self.count_call(line)?;
        let expected =
            |arguments: &str| Err(TemplateError::new(line, format!("`{name}` takes {arguments}")));
        match name {
            "Ref" => match argument.as_text() {
                Some(name) => self.reference(name, line),
                None => expected("a name"),
            },
            "Fn::GetAtt" => match (argument.as_text(), argument.items()) {
                (Some(path), _) => match path.split_once('.') {
                    Some((id, attribute)) => self.attribute(id, attribute, line),
                    None => expected("a logical id and an attribute, such as `Chat.Arn`"),
                },
                (None, [id, attribute]) => match (id.as_text(), self.eval(attribute)?.as_text()) {
                    (Some(id), Some(attribute)) => self.attribute(id, attribute, line),
                    _ => expected("a logical id and an attribute"),
                },
                _ => expected("a logical id and an attribute"),
            },
            "Fn::Sub" => match (argument.as_text(), argument.items()) {
                (Some(text), _) => self.substitute(text, &[], line),
                (None, [text, variables]) if text.as_text().is_some() => {
                    let text = text.as_text().unwrap_or_default();
                    self.substitute(text, variables.entries(), line)
                }
                _ => expected("a text, or a list of a text and a map"),
            },
            "Fn::Join" => match argument.items() {
                [delimiter, parts] => self.join(delimiter, parts),
                _ => expected("a list of a text and a list"),
            },
            "Fn::If" => match argument.items() {
                [condition, yes, no] => match condition.as_text() {
                    Some(name) => self.eval(if self.holds(name, line)? { yes } else { no }),
                    None => expected("the name of a condition first"),
                },
                _ => expected("a list of a condition and two values"),
            },
            "Fn::Select" => match argument.items() {
                [index, list] => self.select(index, list),
                _ => expected("a list of an index and a list"),
            },
            "Fn::Split" => match argument.items() {
                [delimiter, text] => self.split(delimiter, text),
                _ => expected("a list of two texts"),
            },
            "Fn::FindInMap" => match argument.items() {
                [map, first, second, ..] => self.find_in_map([map, first, second]),
                _ => expected("a list of a map's name and two keys"),
            },
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let is_true = self.is_true(&Node::call(name, argument.clone()))?;
                let text = is_true.to_string();
                Ok(Node::new(line, NodeKind::Text { text, quoted: false }))
            }
            "Fn::ToJsonString" => {
                let value = self.eval(argument)?;
                Ok(match value.to_json() {
                    Ok(json) => Node::text(line, json.to_string()),
                    Err(reason) => unknown(line, reason),
                })
            }
            "Fn::ImportValue" => Ok(unknown(line, "it is imported from another stack")),
            other => Ok(unknown(line, &format!("`lift dev` does not evaluate `{other}`"))),
        }
    }

    /// `Fn::Sub`: a text with `${Name}`, `${Resource.Attribute}` and `${!Literal}`. `variables` are
    /// names of this text only.
    fn substitute(&self, text: &str, variables: &[(String, Node)], line: usize) -> Result<Node> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                let message = format!("`Fn::Sub` has no `}}` after `${{{after}`");
                return Err(TemplateError::new(line, message));
            };
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                made.push_str("${");
                made.push_str(literal);
                made.push('}');
                continue;
            }
            let name = name.trim();
            let variable = variables.iter().find(|(other, _)| other == name);
            let value = match (variable, name.split_once('.')) {
                (Some((_, value)), _) => self.eval(value)?,
                (None, Some((id, attribute))) if self.resource(name).is_none() => {
                    self.attribute(id, attribute, line)?
                }
                (None, _) => self.reference(name, line)?,
            };
            match &value.kind {
                NodeKind::Text { text, .. } => made.push_str(text),
                NodeKind::Unknown(reason) => return Ok(unknown(line, reason)),
                _ => {
                    let message = format!("`${{{name}}}` is not a text");
                    return Err(TemplateError::new(line, message));
                }
            }
        }
        made.push_str(rest);
        bounded_text(made, line)
    }

    fn join(&self, delimiter: &Node, parts: &Node) -> Result<Node> {
        let line = parts.line;
        let parts = self.eval(parts)?;
        if let Some(reason) = parts.unknown_reason() {
            return Ok(unknown(line, reason));
        }
        let texts: Option<Vec<&str>> = parts.items().iter().map(Node::as_text).collect();
        match (delimiter.as_text(), texts) {
            (Some(delimiter), Some(texts)) => bounded_text(texts.join(delimiter), line),
            (None, Some(texts)) if delimiter.kind == NodeKind::Null => {
                bounded_text(texts.concat(), line)
            }
            _ => Err(TemplateError::new(line, "`Fn::Join` joins texts")),
        }
    }

    fn select(&self, index: &Node, list: &Node) -> Result<Node> {
        let (index, list) = (self.eval(index)?, self.eval(list)?);
        if let NodeKind::Unknown(reason) = &list.kind {
            return Ok(unknown(list.line, reason));
        }
        let number = index.as_text().and_then(|text| text.parse::<usize>().ok());
        number.and_then(|number| list.items().get(number)).cloned().ok_or_else(|| {
            let count = list.items().len();
            TemplateError::new(index.line, format!("`Fn::Select` needs an index below {count}"))
        })
    }

    fn split(&self, delimiter: &Node, text: &Node) -> Result<Node> {
        let line = text.line;
        let text = self.eval(text)?;
        match (delimiter.as_text(), &text.kind) {
            (_, NodeKind::Unknown(reason)) => Ok(unknown(line, reason)),
            (Some(delimiter), NodeKind::Text { text, .. }) if !delimiter.is_empty() => {
                let parts = text.split(delimiter).map(|part| Node::text(line, part));
                Ok(Node::new(line, NodeKind::List(parts.collect())))
            }
            _ => Err(TemplateError::new(line, "`Fn::Split` takes a list of two texts")),
        }
    }

    fn find_in_map(&self, path: [&Node; 3]) -> Result<Node> {
        let line = path[0].line;
        let mut found = self.mappings;
        let mut names = Vec::new();
        for key in path {
            let key = self.eval(key)?;
            if let NodeKind::Unknown(reason) = &key.kind {
                return Ok(unknown(line, reason));
            }
            let name = key.as_text().unwrap_or_default().to_owned();
            found = found.and_then(|node| node.get(&name));
            names.push(name);
        }
        found.cloned().ok_or_else(|| {
            let path = names.join(".");
            TemplateError::new(line, format!("`Mappings.{path}` does not exist"))
        })
    }
}

/// A value that only AWS has, and why.
pub(super) fn unknown(line: usize, reason: &str) -> Node {
    Node::new(line, NodeKind::Unknown(reason.to_owned()))
}

fn bounded_text(text: String, line: usize) -> Result<Node> {
    match text.len() {
        ..=MAX_TEXT_BYTES => Ok(Node::text(line, text)),
        _ => {
            let message = format!("this makes a text of more than {MAX_TEXT_BYTES} bytes");
            Err(TemplateError::new(line, message))
        }
    }
}

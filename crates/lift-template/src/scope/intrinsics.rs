//! The intrinsic functions that make values.

use super::Scope;
use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
};

/// What functions make is no longer than this; what Lambda takes as its whole environment is 4 KB.
const LONGEST: usize = 64 * 1024;

impl Scope<'_> {
    /// The value of a call, whose name begins with `Fn::` or is `Ref`.
    pub(super) fn call(&self, name: &str, argument: &Node) -> Read<Node> {
        let line = argument.line;
        self.count_call(line)?;
        let wrong = |takes: &str| Err(Fault::new(line, format!("`{name}` takes {takes}")));
        match name {
            "Ref" => match argument.as_text() {
                Some(name) => self.reference(name, line),
                None => wrong("a name"),
            },
            "Fn::GetAtt" => match (argument.as_text(), argument.items()) {
                (Some(path), _) => match path.split_once('.') {
                    Some((id, attribute)) => self.attribute(id, attribute, line),
                    None => wrong("a logical id and an attribute, such as `Chat.Arn`"),
                },
                (None, [id, attribute]) => match (id.as_text(), self.eval(attribute)?.as_text()) {
                    (Some(id), Some(attribute)) => self.attribute(id, attribute, line),
                    _ => wrong("a logical id and an attribute"),
                },
                _ => wrong("a logical id and an attribute"),
            },
            "Fn::Sub" => match (argument.as_text(), argument.items()) {
                (Some(text), _) => self.sub(text, &[], line),
                (None, [text, own]) if text.as_text().is_some() => {
                    self.sub(text.as_text().unwrap_or_default(), own.entries(), line)
                }
                _ => wrong("a text, or a list of a text and a map"),
            },
            "Fn::Join" => match argument.items() {
                [between, parts] => self.join(between, parts),
                _ => wrong("a list of a text and a list"),
            },
            "Fn::If" => match argument.items() {
                [condition, yes, no] => match condition.as_text() {
                    Some(name) => self.eval(if self.holds(name, line)? { yes } else { no }),
                    None => wrong("the name of a condition first"),
                },
                _ => wrong("a list of a condition and two values"),
            },
            "Fn::Select" => match argument.items() {
                [index, list] => self.select(index, list),
                _ => wrong("a list of an index and a list"),
            },
            "Fn::Split" => match argument.items() {
                [between, text] => self.split(between, text),
                _ => wrong("a list of two texts"),
            },
            "Fn::FindInMap" => match argument.items() {
                [map, first, second, ..] => self.find_in_map([map, first, second]),
                _ => wrong("a list of a map's name and two keys"),
            },
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let truth = self.truth(&Node::call(name, argument.clone()))?;
                Ok(Node::new(line, Kind::Text { text: truth.to_string(), quoted: false }))
            }
            "Fn::ToJsonString" => {
                let value = self.eval(argument)?;
                Ok(match value.to_json() {
                    Ok(json) => Node::text(line, json.to_string()),
                    Err(why) => unknown(line, why),
                })
            }
            "Fn::ImportValue" => Ok(unknown(line, "it is imported from another stack")),
            other => Ok(unknown(line, &format!("`lift dev` does not evaluate `{other}`"))),
        }
    }

    fn join(&self, between: &Node, parts: &Node) -> Read<Node> {
        let line = parts.line;
        let parts = self.eval(parts)?;
        if let Some(why) = parts.why_unknown() {
            return Ok(unknown(line, why));
        }
        let texts: Option<Vec<&str>> = parts.items().iter().map(Node::as_text).collect();
        match (between.as_text(), texts) {
            (Some(between), Some(texts)) => short(texts.join(between), line),
            (None, Some(texts)) if between.kind == Kind::Null => short(texts.concat(), line),
            _ => Err(Fault::new(line, "`Fn::Join` joins texts")),
        }
    }

    fn select(&self, index: &Node, list: &Node) -> Read<Node> {
        let (index, list) = (self.eval(index)?, self.eval(list)?);
        if let Kind::Unknown(why) = &list.kind {
            return Ok(unknown(list.line, why));
        }
        let at = index.as_text().and_then(|text| text.parse::<usize>().ok());
        match at.and_then(|at| list.items().get(at)) {
            Some(item) => Ok(item.clone()),
            None => {
                let count = list.items().len();
                Err(Fault::new(index.line, format!("`Fn::Select` needs an index below {count}")))
            }
        }
    }

    fn split(&self, between: &Node, text: &Node) -> Read<Node> {
        let line = text.line;
        let text = self.eval(text)?;
        match (between.as_text(), &text.kind) {
            (_, Kind::Unknown(why)) => Ok(unknown(line, why)),
            (Some(between), Kind::Text { text, .. }) if !between.is_empty() => {
                let parts = text.split(between).map(|part| Node::text(line, part));
                Ok(Node::new(line, Kind::List(parts.collect())))
            }
            _ => Err(Fault::new(line, "`Fn::Split` takes a list of two texts")),
        }
    }

    fn find_in_map(&self, path: [&Node; 3]) -> Read<Node> {
        let line = path[0].line;
        let mut found = self.mappings;
        let mut names = Vec::new();
        for key in path {
            let key = self.eval(key)?;
            if let Kind::Unknown(why) = &key.kind {
                return Ok(unknown(line, why));
            }
            let name = key.as_text().unwrap_or_default().to_owned();
            found = found.and_then(|node| node.get(&name));
            names.push(name);
        }
        match found {
            Some(value) => Ok(value.clone()),
            None => {
                let path = names.join(".");
                Err(Fault::new(line, format!("`Mappings.{path}` does not exist")))
            }
        }
    }
}

pub(super) fn unknown(line: usize, why: &str) -> Node {
    Node::new(line, Kind::Unknown(why.to_owned()))
}

/// A text that was made, unless it grew out of all proportion.
pub(super) fn short(text: String, line: usize) -> Read<Node> {
    match text.len() {
        ..=LONGEST => Ok(Node::text(line, text)),
        _ => Err(Fault::new(line, format!("this makes a text of more than {LONGEST} bytes"))),
    }
}

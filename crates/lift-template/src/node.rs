//! A document as a tree of values, each with its line.
//!
//! A call of an intrinsic function is a map with one key, its long form: `!GetAtt a.b` is
//! `{"Fn::GetAtt": "a.b"}`.

use std::fmt;

use serde_json::{Number, Value};

/// A value of a document.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// The line where it starts, from 1.
    pub(crate) line: usize,
    pub(crate) kind: NodeKind,
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Null,
    /// A scalar as it was written. Readers that need a number or a boolean parse it, as
    /// CloudFormation does. Quoted scalars are always text.
    Text {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    /// In the order of the document.
    Map(Vec<(String, Node)>),
    /// A value that only AWS has, and why. It is an error only where the value is needed.
    Unknown(String),
    /// `AWS::NoValue`: the property is removed.
    Absent,
}

impl Node {
    pub(crate) fn new(line: usize, kind: NodeKind) -> Self {
        Self { line, kind }
    }

    /// A text, as if it was quoted.
    pub(crate) fn text(line: usize, text: impl Into<String>) -> Self {
        Self::new(line, NodeKind::Text { text: text.into(), quoted: true })
    }

    /// A map.
    pub(crate) fn map<K: Into<String>>(
        line: usize,
        entries: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self::new(line, NodeKind::Map(entries.collect()))
    }

    /// A call of an intrinsic function.
    pub(crate) fn call(name: &str, argument: Self) -> Self {
        Self::map(argument.line, [(name, argument)])
    }

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Sets a key of a map.
    pub(crate) fn set(&mut self, key: &str, value: Self) {
        let NodeKind::Map(entries) = &mut self.kind else { return };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    /// The value as JSON; unquoted texts have the types of YAML 1.2. `Err` is why a value in it is
    /// unknown.
    pub(crate) fn to_json(&self) -> Result<Value, &str> {
        Ok(match &self.kind {
            NodeKind::Null | NodeKind::Absent => Value::Null,
            NodeKind::Text { text, quoted: true } => Value::from(&**text),
            NodeKind::Text { text, quoted: false } => unquoted(text),
            NodeKind::List(items) => items.iter().map(Self::to_json).collect::<Result<_, _>>()?,
            NodeKind::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, value) in entries {
                    map.insert(key.clone(), value.to_json()?);
                }
                Value::Object(map)
            }
            NodeKind::Unknown(why) => return Err(why),
        })
    }

    /// Why a value in it is unknown, if one is.
    pub(crate) fn unknown_reason(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Unknown(why) => Some(why),
            NodeKind::List(items) => items.iter().find_map(Self::unknown_reason),
            NodeKind::Map(entries) => entries.iter().find_map(|(_, value)| value.unknown_reason()),
            _ => None,
        }
    }
}

/// An unquoted text with its type in YAML 1.2.
fn unquoted(text: &str) -> Value {
    match text {
        "null" | "Null" | "NULL" | "~" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::from(text),
        },
    }
}

impl fmt::Debug for Node {
    /// Without lines, so that a person can compare trees.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Text { text, .. } => write!(f, "{text:?}"),
            NodeKind::List(items) => f.debug_list().entries(items).finish(),
            NodeKind::Map(entries) => {
                f.debug_map().entries(entries.iter().map(|(key, value)| (key, value))).finish()
            }
            other => write!(f, "{other:?}"),
        }
    }
}

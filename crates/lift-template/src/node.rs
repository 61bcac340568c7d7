//! What a document is made of: a tree of plain values, each with the line that it stands in.
//!
//! Intrinsic functions are maps with one key here, in their long form, whatever they looked like.

use std::fmt;

use serde_json::{Number, Value};

/// A value of a document.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where it begins. The first line is 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    /// Text as it was written. Whether it is a number or a boolean is for those to say who need
    /// one, as CloudFormation does it; only what was in quotes is text for sure.
    Text {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    /// In the order of the document.
    Map(Vec<(String, Node)>),
    /// What only AWS could say, and why. It is an error only where the value is needed.
    Unknown(String),
    /// `AWS::NoValue`, which takes what it stands for away.
    Absent,
}

impl Node {
    pub(crate) fn new(line: usize, kind: Kind) -> Self {
        Self { line, kind }
    }

    /// A text that is one for sure.
    pub(crate) fn text(line: usize, text: impl Into<String>) -> Self {
        Self::new(line, Kind::Text { text: text.into(), quoted: true })
    }

    /// A map.
    pub(crate) fn map<K: Into<String>>(
        line: usize,
        entries: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self::new(line, Kind::Map(entries.collect()))
    }

    /// A call of an intrinsic function.
    pub(crate) fn call(name: &str, argument: Self) -> Self {
        Self::map(argument.line, [(name, argument)])
    }

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Sets a key of a map, in place of the value that it had.
    pub(crate) fn set(&mut self, key: &str, value: Self) {
        let Kind::Map(entries) = &mut self.kind else { return };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    /// The same as JSON, where plain texts are what YAML 1.2 takes them for. `Err` is why one of
    /// the values is not known.
    pub(crate) fn to_json(&self) -> Result<Value, &str> {
        Ok(match &self.kind {
            Kind::Null | Kind::Absent => Value::Null,
            Kind::Text { text, quoted: true } => Value::from(&**text),
            Kind::Text { text, quoted: false } => plain(text),
            Kind::List(items) => items.iter().map(Self::to_json).collect::<Result<_, _>>()?,
            Kind::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, value) in entries {
                    map.insert(key.clone(), value.to_json()?);
                }
                Value::Object(map)
            }
            Kind::Unknown(why) => return Err(why),
        })
    }

    /// Why something in this value is not known, if anything is not.
    pub(crate) fn why_unknown(&self) -> Option<&str> {
        match &self.kind {
            Kind::Unknown(why) => Some(why),
            Kind::List(items) => items.iter().find_map(Self::why_unknown),
            Kind::Map(entries) => entries.iter().find_map(|(_, value)| value.why_unknown()),
            _ => None,
        }
    }
}

/// What YAML 1.2 takes an unquoted text for.
fn plain(text: &str) -> Value {
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
    /// Without lines, so that trees can be compared by eye.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Text { text, .. } => write!(f, "{text:?}"),
            Kind::List(items) => f.debug_list().entries(items).finish(),
            Kind::Map(entries) => {
                f.debug_map().entries(entries.iter().map(|(key, value)| (key, value))).finish()
            }
            other => write!(f, "{other:?}"),
        }
    }
}

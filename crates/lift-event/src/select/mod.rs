//! From a message's text to a route key: the route selection expression ([R-3]). The
//! gateway and the test kit select with the same code.
//!
//! An expression is literals and paths into the message: `$request.body.action`,
//! `${request.body.service}/${request.body.action}`, `static`, `\$default`.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// A route selection expression; by default `$request.body.action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Path(Vec<String>),
}

/// The text is not a route selection expression, or one that Lift does not support.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a route selection expression such as `$request.body.action`")]
pub struct SelectionError(String);

impl Default for Selection {
    fn default() -> Self {
        Self(vec![Part::Path(vec!["action".to_owned()])])
    }
}

impl FromStr for Selection {
    type Err = SelectionError;

    /// Reads an expression. Paths are names joined by dots; other forms of JSONPath are errors.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = parse(text).filter(|parts| !parts.is_empty());
        parts.map(Self).ok_or_else(|| SelectionError(text.to_owned()))
    }
}

impl Selection {
    /// The route key that a message selects; `None` for `$default`.
    ///
    /// As AWS documents it: the value is converted to text. In an expression of several parts, a path
    /// without a value is empty. A message that is not JSON selects nothing. Keys that start with `$`
    /// are reserved, so a message cannot select one.
    #[must_use]
    pub fn select<'a>(&'a self, message: &'a str) -> Option<Cow<'a, str>> {
        let key = match self.0.as_slice() {
            [Part::Literal(key)] => return Some(key.as_str().into()),
            [Part::Path(path)] => find(message, path).ok()??,
            parts => {
                let mut key = String::new();
                for part in parts {
                    match part {
                        Part::Literal(text) => key.push_str(text),
                        Part::Path(path) => {
                            key.push_str(&find(message, path).ok()?.unwrap_or_default());
                        }
                    }
                }
                key.into()
            }
        };
        (!key.starts_with('$')).then_some(key)
    }
}

fn parse(text: &str) -> Option<Vec<Part>> {
    if let Some(path) = text.strip_prefix("$request.body.") {
        return Some(vec![Part::Path(names(path)?)]);
    }
    let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some(next) = rest.chars().next() {
        if let Some(variable) = rest.strip_prefix("${request.body.") {
            let (path, behind) = variable.split_once('}')?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Path(names(path)?));
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("\\$") {
            literal.push('$');
            rest = behind;
        } else if next == '$' {
            return None;
        } else {
            literal.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Some(parts)
}

fn names(path: &str) -> Option<Vec<String>> {
    let refused =
        |name: &str| name.is_empty() || name.contains(['[', ']', '*', '$', '{', '}', ' ']);
    let names: Vec<_> = path.split('.').map(str::to_owned).collect();
    (!names.iter().any(|name| refused(name))).then_some(names)
}

/// The value at a path, as text. Reads the message once.
fn find<'a>(message: &'a str, path: &[String]) -> serde_json::Result<Option<Cow<'a, str>>> {
    let mut json = serde_json::Deserializer::from_str(message);
    let found = Walk(path).deserialize(&mut json)?;
    json.end()?;
    Ok(found)
}

struct Walk<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

/// A value at the end of the path becomes text; one before the end has no result.
impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((name, rest)) = self.0.split_first() else {
            let object =
                serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(map));
            return object.map(|object: Value| Some(text(&object).into()));
        };
        let mut found = None;
        while let Some(key) = map.next_key::<crate::wire::Str<'de>>()? {
            if *key == **name {
                found = map.next_value_seed(Walk(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let array: Value =
            serde::Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))?;
        Ok(self.end(|| text(&array).into()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(self.end(|| value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.end(|| value.to_owned().into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.end(|| value.to_string().into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.end(|| value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.end(|| value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.end(|| text(&value.into()).into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

impl Walk<'_> {
    fn end<'de>(&self, text: impl FnOnce() -> Cow<'de, str>) -> Option<Cow<'de, str>> {
        self.0.is_empty().then(text)
    }
}

/// A value as text, the way AWS documents it: `[item1, item2]` for an array.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(text).collect();
            format!("[{}]", items.join(", "))
        }
        // It is not known how AWS converts an object. Lift writes compact JSON.
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests;

//! Copies a field of a message into its reply.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The field that connects a reply to its message.
#[derive(Clone, Debug)]
pub(crate) struct Correlation {
    field: Box<str>,
    /// The field as it begins a JSON object: `{"id":`.
    opening: Box<str>,
}

impl Correlation {
    pub(crate) fn new(field: &str) -> Self {
        // A string cannot fail to serialize.
        let name = serde_json::to_string(field).unwrap_or_default();
        Self { field: field.into(), opening: format!("{{{name}:").into() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.field
    }

    /// The reply with the message's field in front, if both are JSON objects.
    pub(crate) fn apply(&self, message: &[u8], reply: Vec<u8>) -> Vec<u8> {
        let Some(id) = self.find(message) else { return reply };
        if self.find(&reply).is_some() {
            // The reply already has the field.
            return reply;
        }
        let Some((b'{', fields)) = reply.split_first() else { return reply };
        let comma: &[u8] = if fields.first() == Some(&b'}') { b"" } else { b"," };
        [self.opening.as_bytes(), id.get().as_bytes(), comma, fields].concat()
    }

    fn find<'a>(&self, message: &'a [u8]) -> Option<&'a RawValue> {
        FieldSeed(&self.field)
            .deserialize(&mut serde_json::Deserializer::from_slice(message))
            .ok()?
    }
}

/// Looks for one field of an object and reads over the others.
struct FieldSeed<'f>(&'f str);

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<lift_event::wire::Str<'de>>()? {
            let key: Cow<'de, str> = key.0;
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

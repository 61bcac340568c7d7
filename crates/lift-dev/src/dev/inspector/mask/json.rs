//! JSON without its secrets. The text is walked value by value and copied as it is, so numbers and the
//! order of fields stay; a tree of values would lose both.

use std::fmt::{self, Formatter};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{MASK, Mask, is_secret, mask_subprotocols};

/// Deeper than this nothing is shown: a message may nest as deep as it is long.
const DEEPEST: usize = 64;

/// A walk over a text.
pub(super) struct Walk<'a> {
    mask: &'a Mask,
    out: String,
    /// Whether something was masked.
    hit: bool,
}

impl<'a> Walk<'a> {
    /// A text, JSON or not, without its secrets.
    pub(super) fn text(mask: &'a Mask, text: &str) -> String {
        Self::at(mask, text, 0).unwrap_or_else(|| text.to_owned())
    }

    /// The same; `None` when nothing was masked.
    fn at(mask: &'a Mask, text: &str, depth: usize) -> Option<String> {
        let is_container = text.trim_start().starts_with(['{', '[']);
        if let (true, Ok(json)) = (is_container, serde_json::from_str::<&RawValue>(text)) {
            let mut walk = Self { mask, out: String::with_capacity(text.len()), hit: false };
            walk.value(json, depth);
            return walk.hit.then_some(walk.out);
        }
        Some(mask.plain(text)).filter(|masked| masked != text)
    }

    fn value(&mut self, value: &RawValue, depth: usize) {
        let raw = value.get();
        if depth > DEEPEST {
            return self.hide();
        }
        match raw.as_bytes().first() {
            Some(b'{') => match serde_json::from_str::<Fields>(raw) {
                Ok(Fields(fields)) => self.fields(&fields, depth),
                Err(_) => self.hide(),
            },
            Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(raw) {
                Ok(values) => self.list(&values, depth),
                Err(_) => self.hide(),
            },
            Some(b'"') => match serde_json::from_str::<String>(raw) {
                Ok(text) => match Self::at(self.mask, &text, depth + 1) {
                    Some(masked) => self.masked(&masked),
                    None => self.out += raw,
                },
                Err(_) => self.hide(),
            },
            _ => self.out += raw,
        }
    }

    fn fields(&mut self, fields: &[(String, &RawValue)], depth: usize) {
        self.out.push('{');
        for (n, (name, value)) in fields.iter().enumerate() {
            self.out += if n > 0 { "," } else { "" };
            self.out += &quoted(name);
            self.out.push(':');
            match value.get() {
                empty @ ("null" | "\"\"" | "[]" | "{}" | "true" | "false") => self.out += empty,
                _ if is_secret(name) => self.hide(),
                offered if name.eq_ignore_ascii_case("sec-websocket-protocol") => {
                    self.subprotocols(offered);
                }
                _ => self.value(value, depth + 1),
            }
        }
        self.out.push('}');
    }

    fn list(&mut self, values: &[&RawValue], depth: usize) {
        self.out.push('[');
        for (n, value) in values.iter().enumerate() {
            self.out += if n > 0 { "," } else { "" };
            self.value(value, depth + 1);
        }
        self.out.push(']');
    }

    /// The header's value, or its values.
    fn subprotocols(&mut self, offered: &str) {
        if let Ok(one) = serde_json::from_str::<String>(offered) {
            self.masked(&mask_subprotocols(&one));
        } else if let Ok(all) = serde_json::from_str::<Vec<String>>(offered) {
            let all: Vec<_> = all.iter().map(|one| quoted(&mask_subprotocols(one))).collect();
            self.hit = true;
            self.out += &format!("[{}]", all.join(","));
        } else {
            self.hide();
        }
    }

    fn masked(&mut self, text: &str) {
        self.hit = true;
        self.out += &quoted(text);
    }

    fn hide(&mut self) {
        self.masked(MASK);
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An object's fields in their order, also those that it has twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

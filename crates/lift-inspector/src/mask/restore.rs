//! Puts the secrets back into an edited event before its replay, wherever the mask is unchanged.

use serde_json::{Map, Value};

use super::Mask;

impl Mask {
    /// `edited`, with the values of `original` wherever both are equal under the mask.
    pub(crate) fn restore(&self, edited: &str, original: &str) -> String {
        let masked = self.text(original);
        if edited == masked {
            return original.to_owned();
        }
        let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
        match (parse(edited), parse(&masked), parse(original)) {
            (Some(edited), Some(masked), Some(original)) => {
                restored(edited, &masked, &original).to_string()
            }
            _ => edited.to_owned(),
        }
    }
}

fn restored(edited: Value, masked: &Value, original: &Value) -> Value {
    if edited == *masked {
        return original.clone();
    }
    match (edited, masked, original) {
        (Value::Object(edited), Value::Object(masked), Value::Object(original)) => {
            let field = |(name, value): (String, Value)| {
                let value = match (masked.get(&name), original.get(&name)) {
                    (Some(masked), Some(original)) => restored(value, masked, original),
                    _ => value,
                };
                (name, value)
            };
            Value::Object(edited.into_iter().map(field).collect::<Map<_, _>>())
        }
        (Value::Array(edited), Value::Array(masked), Value::Array(original)) => {
            let mut pairs = masked.iter().zip(original);
            let item = |value| match pairs.next() {
                Some((masked, original)) => restored(value, masked, original),
                None => value,
            };
            Value::Array(edited.into_iter().map(item).collect())
        }
        // JSON in a string, as the message in an event.
        (Value::String(edited), Value::String(masked), Value::String(original)) => {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            match (parse(&edited), parse(masked), parse(original)) {
                (Some(edited), Some(masked), Some(original)) => {
                    restored(edited, &masked, &original).to_string().into()
                }
                _ => edited.into(),
            }
        }
        (edited, ..) => edited,
    }
}

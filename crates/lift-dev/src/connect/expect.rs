//! What a script expects of a message.

use std::fmt;

use serde_json::Value;

/// A message that a script waits for.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    text: String,
    /// The text as JSON, when it is an object or an array.
    json: Option<Value>,
}

impl Expected {
    pub(super) fn parse(text: String) -> Self {
        let json = serde_json::from_str(&text).ok();
        Self { json: json.filter(|json: &Value| json.is_object() || json.is_array()), text }
    }

    /// Whether a message is what was expected: JSON with at least these fields, or with this text
    /// in it.
    pub(super) fn met_by(&self, message: &str) -> bool {
        match &self.json {
            Some(wanted) => {
                serde_json::from_str(message).is_ok_and(|given| contains(&given, wanted))
            }
            None => message.contains(&self.text),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether `given` has all of `wanted`: an object at least its fields, an array its elements.
fn contains(given: &Value, wanted: &Value) -> bool {
    match (given, wanted) {
        (Value::Object(given), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| given.get(name).is_some_and(|given| contains(given, wanted))),
        (Value::Array(given), Value::Array(wanted)) => {
            given.len() == wanted.len() && given.iter().zip(wanted).all(|(g, w)| contains(g, w))
        }
        _ => given == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_at_least_the_fields_and_text_is_contained() {
        let met = |wanted: &str, message| Expected::parse(wanted.to_owned()).met_by(message);
        let message = r#"{"type":"message","to":{"id":7,"of":"x"},"list":[{"a":1,"b":2}]}"#;
        for wanted in [
            r#"{"type":"message"}"#,
            r#"{ "to": {"id": 7} }"#,
            r#"{"list":[{"a":1}]}"#,
            "{}",
            "message",
            r#""id":7"#,
        ] {
            assert!(met(wanted, message), "{wanted}");
        }
        for wanted in
            [r#"{"type":"other"}"#, r#"{"to":7}"#, r#"{"list":[]}"#, "[]", "other", r#"{"x":null}"#]
        {
            assert!(!met(wanted, message), "{wanted}");
        }
        assert!(met("7", "17"), "a number is text");
        assert!(!met("{}", "not JSON"));
    }
}

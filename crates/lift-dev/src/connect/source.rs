//! The source of a conversation's actions: a script, the lines of a pipe, or the prompt.

use std::{
    fmt,
    io::{BufRead as _, stdin},
    thread,
};

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::args::{Step, Steps};

/// What to do next.
#[derive(Debug)]
pub(super) enum Action {
    Send(String),
    Expect(Expected),
    Ping,
    /// Close the connection now.
    Close,
    /// Nothing more to do. Messages may still arrive for a while.
    End,
}

/// A source of actions.
pub(super) enum Source {
    Script(std::vec::IntoIter<Step>),
    Channel(UnboundedReceiver<Action>),
}

impl Source {
    pub(super) fn script(steps: Steps) -> Self {
        Self::Script(steps.into_iter())
    }

    pub(super) fn lines_of_stdin() -> Self {
        let (actions, source) = unbounded_channel();
        thread::spawn(move || {
            for line in stdin().lock().lines() {
                let Ok(line) = line else { break };
                if actions.send(Action::Send(line)).is_err() {
                    return;
                }
            }
            let _ = actions.send(Action::End);
        });
        Self::Channel(source)
    }

    /// The next action. Cancel safe.
    pub(super) async fn next(&mut self) -> Action {
        match self {
            Self::Script(steps) => match steps.next() {
                Some(Step::Send(text)) => Action::Send(text),
                Some(Step::Expect(text)) => Action::Expect(Expected::parse(text)),
                None => Action::End,
            },
            Self::Channel(actions) => actions.recv().await.unwrap_or(Action::End),
        }
    }
}

/// A message that a script waits for.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    text: String,
    /// The text as JSON, if it is an object or an array.
    json: Option<Value>,
}

impl Expected {
    fn parse(text: String) -> Self {
        let json = serde_json::from_str(&text).ok();
        Self { json: json.filter(|json: &Value| json.is_object() || json.is_array()), text }
    }

    /// Whether `message` matches: JSON must have at least the expected fields, other text must contain the
    /// expected text.
    pub(super) fn matches(&self, message: &str) -> bool {
        match &self.json {
            Some(expected) => {
                serde_json::from_str(message).is_ok_and(|actual| contains(&actual, expected))
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

/// Whether `actual` has at least the fields of `expected`. Arrays must have the same length.
fn contains(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(name, field)| actual.get(name).is_some_and(|value| contains(value, field))),
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(a, e)| contains(a, e))
        }
        _ => actual == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_matches_by_fields_and_text_by_containment() {
        let met = |wanted: &str, message| Expected::parse(wanted.to_owned()).matches(message);
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

//! What was recorded beside what comes now: the same, or a diff that people can read.

use std::collections::BTreeMap;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::recording::{MessageText, RecordedAnswer, RecordedFailure};

/// The placeholder for a field that is not compared.
const IGNORED: &str = "(ignored)";

/// Compares answers.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The names of fields that are not compared, at any depth of a body.
    pub(crate) ignored: Vec<String>,
}

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    Same(String),
    /// Only in the recording.
    Recorded(String),
    /// Only in the replay.
    Now(String),
}

impl Comparison {
    /// The differences between a recorded answer and a new one; empty if they are equal. JSON bodies are
    /// compared as JSON: spaces and the order of fields do not count.
    pub(crate) fn answers(
        &self,
        recorded: RecordedAnswer<'_>,
        now: Result<&str, &RecordedFailure>,
    ) -> Vec<Difference> {
        let recorded = match recorded {
            Ok(reply) => self.reply(reply.get()),
            Err(failure) => self.failure(failure),
        };
        let now = match now {
            Ok(reply) => self.reply(reply),
            Err(failure) => self.failure(failure),
        };
        differences(&recorded, &now)
    }

    /// The differences between the messages that were posted to one client, in any order.
    pub(crate) fn posts(&self, recorded: &[MessageText], now: &[MessageText]) -> Vec<Difference> {
        let mut counts = BTreeMap::<String, i64>::new();
        for text in recorded {
            *counts.entry(self.message(text)).or_default() += 1;
        }
        for text in now {
            *counts.entry(self.message(text)).or_default() -= 1;
        }
        let lines = |text: &str, line: fn(String) -> Difference| {
            text.lines().map(|text| line(text.to_owned())).collect::<Vec<_>>()
        };
        let each = counts.into_iter().flat_map(|(text, count)| {
            let side = if count > 0 { Difference::Recorded } else { Difference::Now };
            let times = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            std::iter::repeat_n(lines(&text, side), times).flatten()
        });
        each.collect()
    }

    fn reply(&self, json: &str) -> String {
        let mut reply = serde_json::from_str(json).unwrap_or(Value::Null);
        if let Some(body) = reply.get_mut("body")
            && let Some(inner) = body.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            *body = inner;
        }
        self.pretty(reply)
    }

    fn failure(&self, RecordedFailure { kind, message }: &RecordedFailure) -> String {
        self.pretty(serde_json::json!({ "errorType": kind, "errorMessage": message }))
    }

    fn message(&self, text: &MessageText) -> String {
        match text {
            MessageText::Text(text) => match serde_json::from_str(text) {
                Ok(value) => self.pretty(value),
                Err(_) => text.clone(),
            },
            MessageText::Base64(text) => format!("base64 {text}"),
        }
    }

    fn pretty(&self, mut value: Value) -> String {
        self.hide(&mut value);
        // A value that was read from JSON can be written as JSON.
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    fn hide(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if self.ignored.contains(name) {
                        *value = IGNORED.into();
                    } else {
                        self.hide(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            _ => {}
        }
    }
}

fn differences(recorded: &str, now: &str) -> Vec<Difference> {
    if recorded == now {
        return Vec::new();
    }
    let diff = TextDiff::from_lines(recorded, now);
    let line = |change: similar::Change<&str>| {
        let text = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Equal => Difference::Same(text),
            ChangeTag::Delete => Difference::Recorded(text),
            ChangeTag::Insert => Difference::Now(text),
        }
    };
    diff.grouped_ops(3)
        .iter()
        .flatten()
        .flat_map(|op| diff.iter_changes(op).map(line).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn bodies_are_compared_as_json() {
        let recorded = raw(r#"{"statusCode":200,"body":"{\"a\":1,\"b\":[2]}"}"#);
        let compare = |ignored: &[&str], now| {
            let ignored = ignored.iter().map(|name| (*name).to_owned()).collect();
            Comparison { ignored }.answers(Ok(&recorded), Ok(now))
        };
        let spaced = r#"{ "body": "{ \"b\": [2], \"a\": 1 }", "statusCode": 200 }"#;
        assert_eq!(compare(&[], spaced), []);
        let other = r#"{"statusCode":200,"body":"{\"a\":3,\"b\":[2]}"}"#;
        assert_eq!(compare(&["a"], other), []);
        let (was, is) = ("    \"a\": 1,".to_owned(), "    \"a\": 3,".to_owned());
        let diff = compare(&[], other);
        assert!(diff.contains(&Difference::Recorded(was)), "{diff:?}");
        assert!(diff.contains(&Difference::Now(is)), "{diff:?}");
        assert!(diff.contains(&Difference::Same("  \"body\": {".to_owned())), "{diff:?}");
        assert_ne!(compare(&[], r#"{"statusCode":200}"#), []);
    }

    #[test]
    fn a_failure_differs_from_a_reply() {
        let failure =
            |message: &str| RecordedFailure { kind: "Oops".into(), message: message.into() };
        let compare = Comparison::default();
        assert_eq!(compare.answers(Err(&failure("x")), Err(&failure("x"))), []);
        assert_ne!(compare.answers(Err(&failure("x")), Err(&failure("y"))), []);
        assert_ne!(compare.answers(Ok(&raw(r#"{"statusCode":200}"#)), Err(&failure("y"))), []);
    }

    #[test]
    fn posts_are_compared_in_any_order() {
        let text = |text: &str| MessageText::Text(text.to_owned());
        let (a, b) = (text(r#"{"at":1,"x":"a"}"#), text("plain"));
        let compare = Comparison { ignored: vec!["at".to_owned()] };
        let later = text(r#"{ "x": "a", "at": 2 }"#);
        assert_eq!(compare.posts(&[a.clone(), b.clone()], &[b.clone(), later.clone()]), []);
        let twice = compare.posts(std::slice::from_ref(&b), &[b.clone(), b.clone()]);
        assert_eq!(twice, [Difference::Now("plain".to_owned())]);
        let missing = compare.posts(&[a, b.clone()], &[b]);
        assert_eq!(missing[0], Difference::Recorded("{".to_owned()));
        assert!(missing.iter().all(|line| matches!(line, Difference::Recorded(_))));
    }
}

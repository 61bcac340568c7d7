//! What was recorded beside what comes now: the same, or a diff that people can read.

use std::collections::BTreeMap;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::recording::{MessageText, RecordedAnswer, RecordedError, RecordedFailure};

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
        now: RecordedAnswer<'_>,
    ) -> Vec<Difference> {
        differences(&self.answer(recorded), &self.answer(now))
    }

    fn answer(&self, RecordedAnswer { result, error }: RecordedAnswer<'_>) -> String {
        match result {
            Ok(reply) => self.reply(reply.get(), error),
            Err(failure) => self.failure(failure),
        }
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

    fn reply(&self, json: &str, error: Option<&RecordedError>) -> String {
        let mut reply = serde_json::from_str(json).unwrap_or(Value::Null);
        if let Some(body) = reply.get_mut("body")
            && let Some(inner) = body.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            *body = inner;
        }
        if let (Some(fields), Some(RecordedError { code, message, .. })) =
            (reply.as_object_mut(), error)
        {
            let error = serde_json::json!({ "code": code, "message": message });
            fields.insert("error".to_owned(), error);
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

    fn reply(json: &RawValue) -> RecordedAnswer<'_> {
        RecordedAnswer { result: Ok(json), error: None }
    }

    #[test]
    fn bodies_are_compared_as_json() {
        let recorded = raw(r#"{"statusCode":200,"body":"{\"a\":1,\"b\":[2]}"}"#);
        let compare = |ignored: &[&str], now| {
            let ignored = ignored.iter().map(|name| (*name).to_owned()).collect();
            Comparison { ignored }.answers(reply(&recorded), reply(&raw(now)))
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
        let (x, y, ok) = (failure("x"), failure("y"), raw(r#"{"statusCode":200}"#));
        let [x, y] = [&x, &y].map(|failure| RecordedAnswer { result: Err(failure), error: None });
        assert_eq!(compare.answers(x, x), []);
        assert_ne!(compare.answers(x, y), []);
        assert_ne!(compare.answers(reply(&ok), y), []);
    }

    #[test]
    fn a_reply_that_means_another_error_differs() {
        let ok = raw(r#"{"statusCode":200}"#);
        let error = |code: &str| RecordedError {
            code: code.to_owned(),
            message: "no".to_owned(),
            internal: false,
        };
        let (low, late) = (error("too_low"), error("too_late"));
        let [low, late] =
            [&low, &late].map(|error| RecordedAnswer { error: Some(error), ..reply(&ok) });
        let compare = Comparison::default();
        assert_eq!(compare.answers(low, low), []);
        let diff = compare.answers(low, late);
        let was = Difference::Recorded(r#"    "code": "too_low","#.to_owned());
        assert!(diff.contains(&was), "{diff:?}");
        assert_ne!(compare.answers(low, reply(&ok)), []);
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

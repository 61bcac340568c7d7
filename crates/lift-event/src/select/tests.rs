//! Selection expressions: a table of what AWS documents, and properties over any text.

use proptest::prelude::*;

use super::*;

fn select(expression: &str, message: &str) -> Option<String> {
    let selection: Selection = expression.parse().expect("an expression");
    selection.select(message).map(Cow::into_owned)
}

#[test]
fn documented_cases() {
    let action = "$request.body.action";
    let table: &[(&str, &str, Option<&str>)] = &[
        (action, r#"{"action":"move"}"#, Some("move")),
        (action, r#" {"x":{"action":"no"},"action":"mo\u0076e","y":[1]} "#, Some("move")),
        (action, r#"{"action":1}"#, Some("1")),
        (action, r#"{"action":-1.5}"#, Some("-1.5")),
        (action, r#"{"action":true}"#, Some("true")),
        (action, r#"{"action":["a","b",3]}"#, Some("[a, b, 3]")),
        (action, r#"{"action":{"b":1}}"#, Some(r#"{"b":1}"#)),
        (action, r#"{"action":null}"#, None),
        (action, r#"{"action":"$connect"}"#, None),
        (action, r#"{"other":"move"}"#, None),
        (action, r#"{"action":"move"} trailing"#, None),
        (action, "hello", None),
        (action, "", None),
        (action, "7", None),
        (action, r#"["action"]"#, None),
        ("$request.body.a.b", r#"{"a":{"b":"deep"}}"#, Some("deep")),
        ("$request.body.a.b", r#"{"a":"shallow"}"#, None),
        ("${request.body.action}", r#"{"action":"move"}"#, Some("move")),
        ("${request.body.s}/${request.body.a}", r#"{"s":"x","a":"y"}"#, Some("x/y")),
        ("join-${request.body.room}", r#"{}"#, Some("join-")),
        ("join-${request.body.room}", "not JSON", None),
        ("static", "anything", Some("static")),
        ("\\$default", "anything", Some("$default")),
    ];
    for (expression, message, key) in table {
        assert_eq!(select(expression, message).as_deref(), *key, "{expression} on {message}");
    }
}

#[test]
fn strange_expressions_are_refused() {
    for text in
        ["", "$", "$request.header.x", "$request.body.", "$request.body.a[0]", "${request.body.a"]
    {
        assert!(text.parse::<Selection>().is_err(), "{text}");
    }
}

#[test]
fn deep_nesting_selects_nothing() {
    let deep = format!("{{\"action\":{}", "[".repeat(100_000));
    assert_eq!(select("$request.body.action", &deep), None);
}

proptest! {
    #[test]
    fn any_text_is_selected_or_not_but_never_with_a_dollar(message in ".*") {
        let key = Selection::default().select(&message).map(Cow::into_owned);
        prop_assert!(key.is_none_or(|key| !key.starts_with('$')));
    }

    #[test]
    fn any_action_is_found(action in "[^$].*", before in ".*") {
        let message = serde_json::json!({"a": before, "action": action}).to_string();
        prop_assert_eq!(select("$request.body.action", &message), Some(action));
    }

    #[test]
    fn any_expression_parses_or_not(text in ".*") {
        let _ = text.parse::<Selection>();
    }
}

//! Headers, query parameters and stage variables.

use serde_json::{Value, json};

use crate::support::{check, decode, full, refused, with};

/// An event with these single-value and multi-value headers, and the same as its query.
fn event(single: Value, multi: Value) -> lift_event::Event {
    let mut event = full();
    event["headers"] = single.clone();
    event["multiValueHeaders"] = multi.clone();
    event["queryStringParameters"] = single;
    event["multiValueQueryStringParameters"] = multi;
    decode(&event.to_string())
}

#[test]
fn header_names_match_in_any_case() {
    let event = event(json!({"X-Room": "7"}), Value::Null);
    let headers = event.headers().expect("headers");
    for name in ["X-Room", "x-room", "X-ROOM"] {
        assert_eq!(headers.get(name), Some("7"));
        assert_eq!(headers.get_all(name).collect::<Vec<_>>(), ["7"]);
    }
    assert_eq!(headers.get("X-Roo"), None);
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("X-Room", "7")]);
}

#[test]
fn query_names_match_exactly() {
    let event = event(json!({"Room": "7"}), Value::Null);
    let query = event.query().expect("a query");
    assert_eq!((query.get("Room"), query.get("room")), (Some("7"), None));
}

#[test]
fn the_multi_value_map_is_preferred_and_get_returns_the_last_value() {
    let event = event(json!({"a": "single"}), json!({"a": ["1", "1", "2"], "B": ["x"], "c": []}));
    let headers = event.headers().expect("headers");
    let query = event.query().expect("a query");
    for fields in [&headers, &query] {
        assert_eq!(fields.get("a"), Some("2"));
        assert_eq!(fields.get_all("a").collect::<Vec<_>>(), ["1", "1", "2"]);
        assert_eq!(fields.get("c"), None);
        let pairs: Vec<_> = fields.iter().collect();
        assert_eq!(pairs, [("B", "x"), ("a", "1"), ("a", "1"), ("a", "2")]);
    }
}

#[test]
fn a_header_name_in_two_cases_is_one_header() {
    let event = event(Value::Null, json!({"Cookie": ["a=1"], "cookie": ["b=2"]}));
    let headers = event.headers().expect("headers");
    assert_eq!(headers.get_all("COOKIE").collect::<Vec<_>>(), ["a=1", "b=2"]);
    let query = event.query().expect("a query");
    assert_eq!(query.get_all("cookie").collect::<Vec<_>>(), ["b=2"]);
}

#[test]
fn nulls_are_absent() {
    let single = event(json!({"a": null, "b": "1"}), Value::Null);
    let multi = event(Value::Null, json!({"a": null, "b": ["1", null], "c": [null]}));
    for event in [single, multi] {
        assert_eq!(event.headers().expect("headers").iter().collect::<Vec<_>>(), [("b", "1")]);
        assert_eq!(event.query().expect("a query").iter().collect::<Vec<_>>(), [("b", "1")]);
    }
    let event = decode(&with("stageVariables", json!({"a": null, "b": "1"})));
    let variables = event.stage_variables().expect("variables");
    assert_eq!(variables.iter().collect::<Vec<_>>(), [("b", "1")]);
}

#[test]
fn escapes_in_names_and_values_are_decoded() {
    let event = event(json!({"a\"\u{e9}": "\\\n\u{1f680}"}), Value::Null);
    assert_eq!(event.headers().expect("headers").get("A\"\u{e9}"), Some("\\\n\u{1f680}"));
    assert_eq!(event.query().expect("a query").get("a\"\u{e9}"), Some("\\\n\u{1f680}"));
}

#[test]
fn wrong_values_are_refused_by_the_accessor() {
    for wrong in [json!(5), json!(true), json!(["x"]), json!({"x": "y"})] {
        let single = event(json!({"ok": "1", "bad": wrong}), Value::Null);
        let multi = event(Value::Null, json!({"ok": ["1"], "bad": ["2", wrong]}));
        let not_a_list = event(Value::Null, json!({"bad": "not a list"}));
        let variables = decode(&with("stageVariables", json!({"bad": wrong})));
        for (error, field) in [
            (single.headers().err(), "headers.bad"),
            (single.query().err(), "queryStringParameters.bad"),
            (multi.headers().err(), "multiValueHeaders.bad[1]"),
            (multi.query().err(), "multiValueQueryStringParameters.bad[1]"),
            (not_a_list.headers().err(), "multiValueHeaders.bad"),
            (not_a_list.query().err(), "multiValueQueryStringParameters.bad"),
            (variables.stage_variables().err(), "stageVariables.bad"),
        ] {
            let error = error.expect("refused");
            check(&error);
            assert_eq!(error.field(), field);
        }
    }
}

#[test]
fn maps_must_be_objects() {
    for field in [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext.authorizer",
    ] {
        for wrong in [json!([]), json!("{}"), json!(5), json!(false), json!([["a", "b"]])] {
            refused(with(field, wrong), field);
        }
        decode(&with(field, json!({})));
    }
}

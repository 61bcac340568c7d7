//! Whole templates, of every kind: beside each stands what is read.

use lift_template::Given;

use super::{given, read, show};

#[track_caller]
fn check(name: &str, text: &str, given: &Given, expected: &str) {
    let template = read(name, text, given).expect("a template");
    assert_eq!(show(&template), expected, "{name}");
}

#[test]
fn sam_with_the_resources_of_api_gateway() {
    let text = include_str!("fixtures/chat.yaml");
    check("chat.yaml", text, &given(), include_str!("fixtures/chat.txt"));
}

#[test]
fn json_as_the_cdk_writes_it() {
    let text = include_str!("fixtures/plain.json");
    check("plain.json", text, &given(), include_str!("fixtures/plain.txt"));
}

#[test]
fn sams_own_websocket_api() {
    let text = include_str!("fixtures/websocket_api.yaml");
    check("websocket_api.yaml", text, &given(), include_str!("fixtures/websocket_api.txt"));
}

#[test]
fn a_service_of_the_serverless_framework() {
    let text = include_str!("fixtures/serverless.yml");
    check("serverless.yml", text, &given(), include_str!("fixtures/serverless.txt"));
}

#[test]
fn a_stage_that_the_user_names() {
    let given = Given { stage: Some("prod".to_owned()), ..given() };
    let text = include_str!("fixtures/serverless.yml");
    let template = read("serverless.yml", text, &given).expect("a template");
    assert_eq!(template.api.stage.name.as_deref(), Some("prod"));
    assert_eq!(template.functions[0].environment["LIMIT"], "100");
    assert_eq!(template.tables[0].name, "polls-votes-prod");

    // A name that the template does not have is another name for its only stage.
    let text = include_str!("fixtures/chat.yaml");
    let template = read("chat.yaml", text, &given).expect("a template");
    assert_eq!(template.api.stage.name.as_deref(), Some("prod"));
    assert_eq!(template.api.stage.variables["table"], "chat_connections");
}

#[test]
fn parameters_that_the_user_gives() {
    let parameters = [("TableName".to_owned(), "other".to_owned())].into();
    let given = Given { parameters, ..given() };
    let text = include_str!("fixtures/chat.yaml");
    let template = read("chat.yaml", text, &given).expect("a template");
    assert_eq!(template.tables[0].name, "other");
    assert_eq!(template.functions[0].environment["TABLE_NAME"], "other");
}

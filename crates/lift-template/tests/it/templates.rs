//! Whole templates of each kind. The file beside each template has the expected model.

use lift_template::ReadOptions;

use super::{options, read, show, template};

#[track_caller]
fn check(name: &str, text: &str, options: &ReadOptions, expected: &str) {
    let template = read(name, text, options).expect("a template");
    assert_eq!(show(&template), expected, "{name}");
}

#[test]
fn a_sam_template_with_the_resources_of_api_gateway_is_read() {
    let text = include_str!("fixtures/chat.yaml");
    check("chat.yaml", text, &options(), include_str!("fixtures/chat.txt"));
}

#[test]
fn a_json_template_of_the_cdk_is_read() {
    let text = include_str!("fixtures/plain.json");
    check("plain.json", text, &options(), include_str!("fixtures/plain.txt"));
}

#[test]
fn the_websocket_api_of_sam_is_read() {
    let text = include_str!("fixtures/websocket_api.yaml");
    check("websocket_api.yaml", text, &options(), include_str!("fixtures/websocket_api.txt"));
}

#[test]
fn a_service_of_the_serverless_framework_is_read() {
    let text = include_str!("fixtures/serverless.yml");
    check("serverless.yml", text, &options(), include_str!("fixtures/serverless.txt"));
}

#[test]
fn the_user_can_choose_the_stage() {
    let mut options = options();
    options.stage = Some("prod".to_owned());
    let text = include_str!("fixtures/serverless.yml");
    let template = read("serverless.yml", text, &options).expect("a template");
    assert_eq!(template.api.stage.name.as_deref(), Some("prod"));
    assert_eq!(template.functions[0].environment["LIMIT"], "100");
    assert_eq!(template.tables[0].name, "polls-votes-prod");

    // A name that the template does not have is another name for its only stage.
    let text = include_str!("fixtures/chat.yaml");
    let template = read("chat.yaml", text, &options).expect("a template");
    assert_eq!(template.api.stage.name.as_deref(), Some("prod"));
    assert_eq!(template.api.stage.variables["table"], "chat_connections");
}

#[test]
fn the_user_can_set_parameters() {
    let mut options = options();
    options.parameters = [("TableName".to_owned(), "other".to_owned())].into();
    let text = include_str!("fixtures/chat.yaml");
    let template = read("chat.yaml", text, &options).expect("a template");
    assert_eq!(template.tables[0].name, "other");
    assert_eq!(template.functions[0].environment["TABLE_NAME"], "other");
}

#[test]
fn notices_have_line_numbers() {
    let text = include_str!("fixtures/chat.yaml");
    let notices = template(text).notices;
    for notice in &notices {
        let key = notice.path.rsplit('.').next().expect("a key");
        let start = notice.line.expect("a line") - 1;
        // The line of a map is that of its first key.
        let near = text.lines().skip(start.saturating_sub(3)).take(4).collect::<String>();
        assert!(near.contains(key), "{notice:?}");
    }
}

#[test]
fn errors_have_a_line_and_a_kind() {
    let error = |text: &str| lift_template::read(text, &options()).expect_err("an error");
    let syntax = error("a: [");
    assert!(syntax.is_syntax() && syntax.line().is_some(), "{syntax:?}");
    let no_template = error("a: b");
    assert!(no_template.is_no_template() && no_template.line() == Some(1), "{no_template:?}");
    assert!(no_template.to_string().starts_with("line 1: this is not a template"));
    let mut other_api = options();
    other_api.api = Some("Other".to_owned());
    let text = include_str!("fixtures/chat.yaml");
    let option = lift_template::read(text, &other_api).expect_err("an error");
    assert!(option.is_option() && option.line().is_none() && option.path().is_empty());
}

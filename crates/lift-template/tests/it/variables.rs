//! The variables of serverless.yml.

use super::{error, options, read};

fn with(value: &str) -> String {
    format!(
        "service: {{name: polls}}
custom:
  a: {{b: c, list: [x, y]}}
  dev: {{size: 1}}
  round: ${{self:custom.around}}
  around: ${{self:custom.round}}
  empty:
provider: {{name: aws, stage: \"${{opt:stage, 'dev'}}\"}}
functions:
  f:
    handler: a.b
    environment: {{V: \"{value}\"}}
    events: [websocket: $default]
"
    )
    .replace("  round:", if value.contains("round") { "  round:" } else { "  # round:" })
    .replace("  around:", if value.contains("round") { "  around:" } else { "  # around:" })
}

#[test]
fn each_source_of_variables_is_resolved() {
    let mut options = options();
    options.environment = [("HOME_TOWN".to_owned(), "Bath".to_owned())].into();
    options.parameters = [("size".to_owned(), "9".to_owned())].into();
    for (value, expected) in [
        ("${self:custom.a.b}", "c"),
        ("${self:custom.a.list.1}", "y"),
        ("${self:custom.${sls:stage}.size}", "1"),
        ("a-${self:service.name}-${self:provider.stage}", "a-polls-dev"),
        ("${opt:nothing, 'd'}", "d"),
        ("${opt:nothing, self:custom.a.b}", "c"),
        ("${self:custom.empty, 5}", "5"),
        ("${env:HOME_TOWN}", "Bath"),
        ("${env:NONE, ''}", ""),
        ("${ssm:/a, 'd'}", "d"),
        ("${param:size}", "9"),
        ("${aws:region}/${aws:accountId}", "eu-west-1/123456789012"),
        ("${AWS::Region} ${Name}", "${AWS::Region} ${Name}"),
    ] {
        let template = read("serverless.yml", &with(value), &options).expect(value);
        assert_eq!(template.functions[0].environment["V"], expected, "{value}");
    }
}

#[test]
fn unknown_values_give_a_notice() {
    for (value, why) in [
        (
            "${env:NONE}",
            "`${env:NONE}` has no value: give it a default, as in `${env:NONE, 'value'}`",
        ),
        ("${ssm:/a}", "`lift dev` does not look up `${ssm:/a}`"),
        ("x-${file(a.yml):b}", "`lift dev` does not look up `${file(a.yml):b}`"),
        ("${cf:other.Url}", "`lift dev` does not look up `${cf:other.Url}`"),
        ("${param:x}", "there is no parameter `x`: pass --parameter x=VALUE"),
    ] {
        let template = read("serverless.yml", &with(value), &options()).expect(value);
        assert_eq!(template.functions[0].environment.get("V"), None, "{value}");
        let what = &template.notices[0].message;
        assert_eq!(*what, format!("is not set: {why}. Set V where you start `lift dev`"));
    }
}

#[test]
fn wrong_variables_are_errors() {
    for (value, what) in [
        ("${self:custom.round}", "refers to itself"),
        ("a${self:custom.a}", "`${self:custom.a}` is not a text"),
        ("${self:custom", "`${self:custom` has no `}`"),
    ] {
        let error = error(&with(value));
        assert!(error.contains(what), "{value}: {error}");
    }
    assert_eq!(
        error("service: a\nfunctions: ${file(functions.yml)}"),
        "template.yaml:2: functions: `lift dev` does not look up `${file(functions.yml)}`",
    );
    let no_authorizer = with("x").replace("$default", "{route: $connect, authorizer: unknown}");
    assert_eq!(
        error(&no_authorizer),
        "template.yaml:13: functions.f.events[0].websocket.authorizer: the service has no function \
         `unknown`",
    );
}

//! The variables of serverless.yml.

use lift_template::Given;

use super::{fault, given, read};

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
fn sources() {
    let given = Given {
        environment: [("HOME_TOWN".to_owned(), "Bath".to_owned())].into(),
        parameters: [("size".to_owned(), "9".to_owned())].into(),
        ..given()
    };
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
        let template = read("serverless.yml", &with(value), &given).expect(value);
        assert_eq!(template.functions[0].environment["V"], expected, "{value}");
    }
}

#[test]
fn what_has_no_value() {
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
        let template = read("serverless.yml", &with(value), &given()).expect(value);
        assert_eq!(template.functions[0].environment.get("V"), None, "{value}");
        let what = &template.ignored[0].what;
        assert_eq!(*what, format!("is not set: {why}. Set V where you start `lift dev`"));
    }
}

#[test]
fn faults() {
    for (value, what) in [
        ("${self:custom.round}", "leads back to itself"),
        ("a${self:custom.a}", "`${self:custom.a}` is not a text"),
        ("${self:custom", "`${self:custom` has no end"),
    ] {
        let fault = fault(&with(value));
        assert!(fault.contains(what), "{value}: {fault}");
    }
    assert_eq!(
        fault("service: a\nfunctions: ${file(functions.yml)}"),
        "template.yaml:2: functions: `lift dev` does not look up `${file(functions.yml)}`",
    );
    let no_authorizer = with("x").replace("$default", "{route: $connect, authorizer: nobody}");
    assert_eq!(
        fault(&no_authorizer),
        "template.yaml:13: functions.f.events[0].websocket.authorizer: the service has no function \
         `nobody`",
    );
}

//! Each intrinsic function, as the value of an environment variable of a function.

use super::{error, template};

/// A template whose only function has the variable V with this value.
pub(super) fn with(value: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {{Type: String, Default: ana}}
  Names: {{Type: CommaDelimitedList, Default: 'ana, bob'}}
  Needed: {{Type: String}}
  Kept: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}}
Mappings:
  Sizes: {{eu-west-1: {{small: 1, all: [a, b]}}}}
Conditions:
  Yes: !Equals [!Ref Name, ana]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Not [Condition: No], !Or [!Condition No, !Equals [a, a]]]
  Round: !Not [!Condition Around]
  Around: !And [!Condition Round, !Condition Yes]
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {{$default: {{FunctionArn: !GetAtt Fn.Arn}}}}
  Table: {{Type: AWS::Serverless::SimpleTable}}
  Named: {{Type: AWS::Serverless::SimpleTable, Properties: {{TableName: !Sub '${{AWS::StackName}}-x'}}}}
  Loop: {{Type: AWS::Serverless::SimpleTable, Properties: {{TableName: !Sub '${{Loop}}-x'}}}}
  Role: {{Type: AWS::IAM::Role}}
  Alias: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Fn, Name: live}}}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Environment: {{Variables: {{V: {value}}}}}
"
    )
    .replace("  Loop:", if value.contains("Loop") { "  Loop:" } else { "  # Loop:" })
}

#[track_caller]
fn assert_value(value: &str, expected: &str) {
    let template = template(&with(value));
    assert_eq!(
        template.functions[0].environment.get("V").map(String::as_str),
        Some(expected),
        "{value}"
    );
}

#[track_caller]
fn assert_unknown(value: &str, why: &str) {
    let template = template(&with(value));
    assert_eq!(template.functions[0].environment.get("V"), None, "{value}");
    let notice = template.notices.iter().find(|one| one.path.ends_with("Variables.V"));
    let what = &notice.unwrap_or_else(|| panic!("no notice for {value}")).message;
    assert!(what.contains(why), "{what}");
    assert!(what.ends_with("Set V where you start `lift dev`"), "{what}");
}

#[test]
fn texts_numbers_and_booleans_become_text() {
    for (written, is_read) in [
        ("a", "a"),
        ("'1'", "1"),
        ("1.10", "1.10"),
        ("true", "true"),
        ("2024-01-01", "2024-01-01"),
        ("", ""),
    ] {
        assert_value(written, is_read);
    }
}

#[test]
fn ref_is_evaluated() {
    assert_value("!Ref Name", "ana");
    assert_value("{Ref: Name}", "ana");
    assert_value("!Ref AWS::Region", "eu-west-1");
    assert_value("!Ref AWS::AccountId", "123456789012");
    assert_value("!Ref AWS::StackName", "app");
    assert_value("!Ref AWS::Partition", "aws");
    assert_value("!Ref AWS::URLSuffix", "amazonaws.com");
    assert_value("!Ref Fn", "app-Fn");
    assert_value("!Ref Table", "app-Table");
    assert_value("!Ref Named", "app-x");
    assert_value("!Ref Api", "api");
    assert_value("!Ref Alias", "arn:aws:lambda:eu-west-1:123456789012:function:app-Fn:live");
    assert_unknown(
        "!Ref Needed",
        "the parameter `Needed` has no default: pass --parameter Needed=VALUE",
    );
    assert_unknown("!Ref Kept", "pass --parameter Kept=VALUE");
    assert_unknown("!Ref AWS::StackId", "only AWS has");
    assert_unknown("!Ref Role", "a resource of type AWS::IAM::Role");
    assert_unknown("!Ref FnRole", "SAM generates");
}

#[test]
fn get_att_is_evaluated() {
    assert_value("!GetAtt Fn.Arn", "arn:aws:lambda:eu-west-1:123456789012:function:app-Fn");
    assert_value(
        "{'Fn::GetAtt': [Fn, Arn]}",
        "arn:aws:lambda:eu-west-1:123456789012:function:app-Fn",
    );
    assert_value("!GetAtt Table.Arn", "arn:aws:dynamodb:eu-west-1:123456789012:table/app-Table");
    assert_value("!GetAtt Api.ApiEndpoint", "wss://api.execute-api.eu-west-1.amazonaws.com");
    assert_unknown("!GetAtt Table.StreamArn", "`Table.StreamArn`");
}

#[test]
fn sub_is_evaluated() {
    assert_value("!Sub '${Name}-${AWS::Region}'", "ana-eu-west-1");
    assert_value("!Sub '${!Name} $x ${Named}'", "${Name} $x app-x");
    assert_value("!Sub ['${Own}/${Name}', {Own: !Ref Table}]", "app-Table/ana");
    assert_value(
        "!Sub '${Fn.Arn}:live'",
        "arn:aws:lambda:eu-west-1:123456789012:function:app-Fn:live",
    );
    assert_unknown("!Sub 'a-${Needed}'", "`Needed` has no default");
}

#[test]
fn functions_of_lists_and_maps_are_evaluated() {
    assert_value("!Join ['-', [a, !Ref Name]]", "a-ana");
    assert_value("!Join ['', !Ref Names]", "anabob");
    assert_value("!Select [1, !Ref Names]", "bob");
    assert_value("!Select [0, !Split [',', 'x,y']]", "x");
    assert_value("!FindInMap [Sizes, !Ref AWS::Region, small]", "1");
    assert_value("!Select [1, !FindInMap [Sizes, eu-west-1, all]]", "b");
    assert_value("{'Fn::ToJsonString': {a: [1, !Ref Name]}}", "{\"a\":[1,\"ana\"]}");
    assert_unknown("!ImportValue other-Url", "imported from another stack");
    assert_unknown("!Join ['', [a, !ImportValue b]]", "imported from another stack");
    assert_unknown("!Base64 abc", "does not evaluate `Fn::Base64`");
    assert_unknown("'{{resolve:ssm:/a}}'", "only AWS can resolve");
}

#[test]
fn conditions_are_evaluated() {
    assert_value("!If [Yes, a, b]", "a");
    assert_value("!If [No, a, b]", "b");
    assert_value("!If [Both, a, !Ref Unknown]", "a");
    let template = template(&with("!If [No, a, !Ref AWS::NoValue]"));
    assert_eq!(template.functions[0].environment["V"], "");
}

#[test]
fn wrong_calls_are_errors() {
    let at = "template.yaml:30: Resources.Fn.Properties.Environment.Variables.V: ";
    for (value, what) in [
        ("!Ref Nmae", "there is no parameter or resource `Nmae`; did you mean `Name`?"),
        ("!Ref X", "there is no parameter or resource `X`"),
        ("!Ref [a]", "`Ref` takes a name"),
        ("!GetAtt Fn", "`Fn::GetAtt` takes a logical id and an attribute, such as `Chat.Arn`"),
        ("!GetAtt Fm.Arn", "there is no parameter or resource `Fm`"),
        ("!Sub 'a${Name'", "`Fn::Sub` has no `}` after `${Name`"),
        ("!Sub '${Names}'", "`${Names}` is not a text"),
        ("!Join [a]", "`Fn::Join` takes a list of a text and a list"),
        ("!Join ['', [[a]]]", "`Fn::Join` joins texts"),
        ("!If [Maybe, a, b]", "there is no condition `Maybe`"),
        ("!Select [2, [a, b]]", "`Fn::Select` needs an index below 2"),
        ("!FindInMap [Sizes, mars, small]", "`Mappings.Sizes.mars.small` does not exist"),
        ("[a]", "this must be a text"),
    ] {
        let error = error(&with(value));
        assert!(error.starts_with(at), "{value}: {error}");
        assert!(error[at.len()..].starts_with(what), "{value}: {error}");
    }
    assert_eq!(
        error(&with("!If [Round, a, b]")),
        "template.yaml:14: Conditions.Around: this refers to itself: Round -> Around -> Round",
    );
    assert_eq!(
        error(&with("!Ref Loop")),
        "template.yaml:23: Resources.Loop.Properties: this refers to itself: Loop -> Loop",
    );
}

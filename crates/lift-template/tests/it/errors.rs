//! Errors of templates: the file, the line, the path and the message.

use super::{error, error_with, options};

#[track_caller]
fn assert_error(text: &str, expected: &str) {
    assert_eq!(error(text), format!("template.yaml{expected}"));
}

/// A template with these resources after a WebSocket API (lines 3 to 5), a function and an integration.
fn with(resources: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {{ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}

  Fn: {{Type: AWS::Serverless::Function, Properties: {{Handler: a.b}}}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn}}
{resources}"
    )
}

#[test]
fn a_file_that_is_not_a_template_is_an_error() {
    assert_error("", ": the file is empty");
    assert_error(
        "a: b",
        ":1: this is not a template: it has neither `Resources` nor `functions` (serverless.yml)",
    );
    assert_error("a: b\na: c", ":2: the key `a` is repeated");
    assert_error("[a]: b", ":1: a key must be a text");
    assert_error(
        "a: *b",
        ":1: this is neither YAML nor JSON: while parsing node, found unknown anchor",
    );
    assert_error(
        "Resources:\n  Api:\n   Type: x\n  Type: [",
        ":5: this is neither YAML nor JSON: while parsing a node, did not find expected node content",
    );
    assert_error(
        "Resources: {A: {Type: AWS::SNS::Topic}}",
        ": there is no WebSocket API in it: no `AWS::Serverless::WebSocketApi`, and no \
         `AWS::ApiGatewayV2::Api` with the `ProtocolType` WEBSOCKET",
    );
    assert_error("Resources: {A: {Properties: {}}}", ":1: Resources.A: `Type` is missing");
    let deep = format!("a: {}", "[".repeat(70));
    assert_error(&deep, ":1: the nesting is deeper than 60 levels");
    let bomb: String = (1..9)
        .map(|n| format!("a{n}: &{n} [*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]\n", n - 1))
        .collect();
    let error = error(&format!("a0: &0 [a, b, c, d, e, f]\n{bomb}"));
    assert!(error.ends_with("the document has more than 200000 values"), "{error}");
}

#[test]
fn several_apis_need_a_choice() {
    let text = with(
        "  Other:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {ProtocolType: WEBSOCKET}",
    );
    assert_error(&text, ": it has several WebSocket APIs: pass --api with one of Api, Other");
    let mut options = options();
    options.api = Some("Third".to_owned());
    let error = error_with(&text, &options);
    assert_eq!(error, "template.yaml: there is no WebSocket API `Third`; it has Api, Other");
}

#[test]
fn errors_of_routes_have_the_path() {
    let route = |more: &str| {
        with(&format!(
            "  Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n      ApiId: !Ref Api\n{more}"
        ))
    };
    assert_error(
        &with(""),
        ":5: Resources.Api.Properties: no route of `Api` leads to a function of this template",
    );
    assert_error(&route(""), ":14: Resources.Route.Properties: `RouteKey` is missing");
    assert_error(
        &route("      RouteKey: a\n"),
        ":14: Resources.Route.Properties: `Target` is missing",
    );
    assert_error(
        &route("      RouteKey: a\n      Target: integrations/x\n"),
        ":16: Resources.Route.Properties.Target: `integrations/x` is not an integration of this API",
    );
    assert_error(
        &route("      RouteKey: $connect\n      AuthorizationType: JWT\n"),
        ":16: Resources.Route.Properties.AuthorizationType: `JWT` is not one of NONE, AWS_IAM and CUSTOM",
    );
    assert_error(
        &route(
            "      RouteKey: $connect\n      AuthorizationType: CUSTOM\n      AuthorizerId: x\n",
        ),
        ":17: Resources.Route.Properties.AuthorizerId: `x` is not an authorizer of this API",
    );
    assert_error(
        &route("      RouteKey: a\n      RequestModels: {a: M}\n"),
        ":16: Resources.Route.Properties.RequestModels.a: there is no model named `M`",
    );
}

#[test]
fn an_authorizer_of_another_stack_is_an_error() {
    let text = with(
        "  Auth:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties: {ApiId: !Ref Api, AuthorizerUri: !ImportValue Auth}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Auth
",
    );
    assert_error(
        &text,
        ":13: Resources.Auth.Properties.AuthorizerUri: it is imported from another stack",
    );
}

/// If Lift accepted these templates, which SAM refuses, every client would be allowed.
#[test]
fn authorizers_that_sam_refuses_are_errors() {
    let api = |auth: &str, key: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31
Resources:
  Fn: {{Type: AWS::Serverless::Function, Properties: {{Handler: a.b}}}}
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      {auth}
      Routes: {{'{key}': {{FunctionArn: !GetAtt Fn.Arn}}, $default: {{FunctionArn: !GetAtt Fn.Arn}}}}
"
        )
    };
    for (auth, key, what) in [
        (
            "Auth: {AuthArn: !GetAtt Fn.Arn}",
            "$connect",
            ":8: Resources.Api.Properties.Auth: `AuthType` is missing",
        ),
        (
            "Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Fn.Arn}",
            "say",
            ":7: Resources.Api.Properties.Auth: `Auth` needs the route $connect, which is missing",
        ),
        (
            "Auth: {AuthType: CUSTOM}",
            "$connect",
            ":7: Resources.Api.Properties.Auth.AuthorizerUri: `AuthorizerUri` is missing",
        ),
        (
            "Auth: {AuthType: custom, AuthArn: x}",
            "$connect",
            ":8: Resources.Api.Properties.Auth.AuthorizerUri: `x` is not a function of this template",
        ),
        (
            "Auth: {AuthType: JWT}",
            "$connect",
            ":7: Resources.Api.Properties.Routes.$connect.AuthorizationType: `JWT` is not one of NONE, \
             AWS_IAM and CUSTOM",
        ),
        (
            "",
            "DEFAULT",
            ":9: Resources.Api.Properties.Routes.$default: SAM gives two routes the \
             same logical id, `ApiDefaultRoute`",
        ),
        (
            "",
            "a-b",
            ":9: Resources.Api.Properties.Routes.a-b: SAM allows route keys of letters and digits \
             only, not `a-b`",
        ),
    ] {
        assert_error(&api(auth, key), what);
    }
}

#[test]
fn errors_of_functions_have_the_path() {
    let function = |more: &str| {
        with(
            "  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: a, Target: !Sub 'integrations/${Integration}'}",
        )
        .replace("Handler: a.b", more)
    };
    let at = ":7: Resources.Fn.Properties";
    for (more, what) in [
        ("Timeout: long", ".Timeout: `long` is not a number of seconds"),
        ("MemorySize: [1]", ".MemorySize: this must be a text"),
        ("CodeUri: s3://b/k", ".CodeUri: the code is in S3, and not on this machine"),
        ("CodeUri: {Bucket: b, Key: k}", ".CodeUri: the code is in S3, and not on this machine"),
        ("ImageUri: x", ".ImageUri: the code is in a container image, and not on this machine"),
        ("Environment: a", ".Environment: this must be a map"),
        ("Runtime: !Ref R", ".Runtime: there is no parameter or resource `R`"),
        ("Runtime: !ImportValue R", ".Runtime: it is imported from another stack"),
    ] {
        assert_error(&function(more), &format!("{at}{what}"));
    }
}

#[test]
fn errors_of_stages_have_the_path() {
    let stages =
        "  A: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: a}}
  B: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: b}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: a, Target: !Sub 'integrations/${Integration}'}";
    assert_error(&with(stages), ": the API has several stages: pass --stage with one of a, b");
}

#[test]
fn errors_of_parameters_have_the_path() {
    let mut options = options();
    options.parameters = [("Nane".to_owned(), "x".to_owned())].into();
    let text = "Parameters: {Name: {Type: String}}\nResources: {}";
    let error = error_with(text, &options);
    assert_eq!(error, "template.yaml: the template has no parameter `Nane`; it has Name");
    assert_error(
        "Parameters:\n  Size: {Default: xl, AllowedValues: [s, m]}\nResources: {}",
        ":2: Parameters.Size: `xl` is not an allowed value: pass --parameter Size= with one of s, m",
    );
}

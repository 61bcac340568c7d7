//! What is said of templates that cannot be read: the file, the line, the place and what to do.

use lift_template::Given;

use super::{fault, fault_given, given};

#[track_caller]
fn is(text: &str, expected: &str) {
    assert_eq!(fault(text), format!("template.yaml{expected}"));
}

/// A template with these resources beside a WebSocket API, which is in lines 3 to 6.
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
fn no_template() {
    is("", ": the file is empty");
    is(
        "a: b",
        ":1: this is no template: it has no `Resources`, and no `functions` as serverless.yml has",
    );
    is("a: b\na: c", ":2: the key `a` is here twice");
    is("[a]: b", ":1: a key has to be a text");
    is("a: *b", ":1: this is neither YAML nor JSON: while parsing node, found unknown anchor");
    is(
        "Resources:\n  Api:\n   Type: x\n  Type: [",
        ":5: this is neither YAML nor JSON: while parsing a node, did not find expected node content",
    );
    is(
        "Resources: {A: {Type: AWS::SNS::Topic}}",
        ": there is no WebSocket API in it: no `AWS::Serverless::WebSocketApi`, and no \
         `AWS::ApiGatewayV2::Api` with the `ProtocolType` WEBSOCKET",
    );
    is("Resources: {A: {Properties: {}}}", ":1: Resources.A: `Type` is missing");
    let deep = format!("a: {}", "[".repeat(70));
    is(&deep, ":1: this is nested more than 60 deep");
    let bomb: String = (1..9)
        .map(|n| format!("a{n}: &{n} [*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]\n", n - 1))
        .collect();
    let fault = fault(&format!("a0: &0 [a, b, c, d, e, f]\n{bomb}"));
    assert!(fault.ends_with("there are more than 200000 values up to here"), "{fault}");
}

#[test]
fn several_apis() {
    let text = with(
        "  Other:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {ProtocolType: WEBSOCKET}",
    );
    is(&text, ": it has several WebSocket APIs: pass --api with one of Api, Other");
    let given = Given { api: Some("Third".to_owned()), ..given() };
    let fault = fault_given(&text, &given);
    assert_eq!(fault, "template.yaml: there is no WebSocket API `Third`; it has Api, Other");
}

#[test]
fn routes() {
    let route = |more: &str| {
        with(&format!(
            "  Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n      ApiId: !Ref Api\n{more}"
        ))
    };
    is(
        &with(""),
        ":5: Resources.Api.Properties: no route of `Api` leads to a function of this template",
    );
    is(&route(""), ":14: Resources.Route.Properties: `RouteKey` is missing");
    is(&route("      RouteKey: a\n"), ":14: Resources.Route.Properties: `Target` is missing");
    is(
        &route("      RouteKey: a\n      Target: integrations/x\n"),
        ":16: Resources.Route.Properties.Target: `integrations/x` is no integration of this API",
    );
    is(
        &route("      RouteKey: $connect\n      AuthorizationType: JWT\n"),
        ":16: Resources.Route.Properties.AuthorizationType: `JWT` is none of NONE, AWS_IAM and CUSTOM",
    );
    is(
        &route(
            "      RouteKey: $connect\n      AuthorizationType: CUSTOM\n      AuthorizerId: x\n",
        ),
        ":17: Resources.Route.Properties.AuthorizerId: `x` is no authorizer of this API",
    );
    is(
        &route("      RouteKey: a\n      RequestModels: {a: M}\n"),
        ":16: Resources.Route.Properties.RequestModels.a: there is no model named `M`",
    );
}

#[test]
fn an_authorizer_that_is_elsewhere_lets_nobody_in() {
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
    is(&text, ":13: Resources.Auth.Properties.AuthorizerUri: it is imported from another stack");
}

/// Read in another way than SAM's, these would let everybody in.
#[test]
fn what_sam_refuses_is_refused() {
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
            ":7: Resources.Api.Properties.Auth: `Auth` is for the route $connect, which is not there",
        ),
        (
            "Auth: {AuthType: CUSTOM}",
            "$connect",
            ":7: Resources.Api.Properties.Auth.AuthorizerUri: it has no `AuthorizerUri`",
        ),
        (
            "Auth: {AuthType: custom, AuthArn: x}",
            "$connect",
            ":8: Resources.Api.Properties.Auth.AuthorizerUri: `x` is no function of this template",
        ),
        (
            "Auth: {AuthType: JWT}",
            "$connect",
            ":7: Resources.Api.Properties.Routes.$connect.AuthorizationType: `JWT` is none of NONE, \
             AWS_IAM and CUSTOM",
        ),
        (
            "",
            "DEFAULT",
            ":9: Resources.Api.Properties.Routes.$default: SAM has one name for this route and \
             another, `ApiDefaultRoute`",
        ),
        (
            "",
            "a-b",
            ":9: Resources.Api.Properties.Routes.a-b: SAM takes route keys of letters and digits, and \
             not `a-b`",
        ),
    ] {
        is(&api(auth, key), what);
    }
}

#[test]
fn functions() {
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
        ("MemorySize: [1]", ".MemorySize: this has to be a text"),
        ("CodeUri: s3://b/k", ".CodeUri: the code is in S3, and not on this machine"),
        ("CodeUri: {Bucket: b, Key: k}", ".CodeUri: the code is in S3, and not on this machine"),
        ("ImageUri: x", ".ImageUri: the code is an image, and not on this machine"),
        ("Environment: a", ".Environment: this has to be a map"),
        ("Runtime: !Ref R", ".Runtime: there is no parameter or resource `R`"),
        ("Runtime: !ImportValue R", ".Runtime: it is imported from another stack"),
    ] {
        is(&function(more), &format!("{at}{what}"));
    }
}

#[test]
fn stages() {
    let stages =
        "  A: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: a}}
  B: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: b}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: a, Target: !Sub 'integrations/${Integration}'}";
    is(&with(stages), ": the API has several stages: pass --stage with one of a, b");
}

#[test]
fn parameters() {
    let given = Given { parameters: [("Nane".to_owned(), "x".to_owned())].into(), ..given() };
    let text = "Parameters: {Name: {Type: String}}\nResources: {}";
    let fault = fault_given(text, &given);
    assert_eq!(fault, "template.yaml: the template has no parameter `Nane`; it has Name");
    is(
        "Parameters:\n  Size: {Default: xl, AllowedValues: [s, m]}\nResources: {}",
        ":2: Parameters.Size: `xl` is none of the allowed values: pass --parameter Size= with one of s, m",
    );
}

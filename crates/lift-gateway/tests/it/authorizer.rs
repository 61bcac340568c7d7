//! Lambda authorizers: their event, each of their results, and the context in later events.

use std::sync::Arc;

use bytes::Bytes;
use lift_event::{AuthorizerRequest, Event, EventKind};
use lift_gateway::{
    Authorization, Authorizer, ContextValues, IdentitySource, InvokeError, Limits, NoQuery, Routes,
    Settings, Undocumented,
};
use serde_json::{Value, json as value};
use tokio::{
    sync::{Mutex, Notify, mpsc},
    time::Duration,
};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::api::*;

const ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:k3v9/prod/$connect";

fn settings(authorizer: Authorizer) -> Settings {
    Settings {
        stage: "prod".into(),
        api_id: "k3v9".into(),
        region: "eu-west-1".into(),
        account: "111122223333".into(),
        routes: routes(),
        authorization: Authorization::Lambda(authorizer),
        ..Settings::default()
    }
}

fn policy(effect: &str, resource: &str) -> Value {
    let statement = [value!({
        "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource
    })];
    value!({
        "principalId": "player-42",
        "policyDocument": { "Version": "2012-10-17", "Statement": statement },
    })
}

fn returns(result: &Value) -> BackendResult {
    Ok(result.to_string().into())
}

/// An API whose authorizer always returns the same result.
async fn api(outcome: BackendResult) -> TestGateway {
    api_with(settings(Authorizer::function(move |_: Bytes| {
        let outcome = outcome.clone();
        async move { outcome }
    })))
    .await
}

async fn api_with(settings: Settings) -> TestGateway {
    TestGateway::settings(settings, |_| async { ok() }).await
}

#[tokio::test]
async fn each_result_of_the_authorizer_has_its_status() {
    let mut context = policy("Allow", ARN);
    context["context"] = value!({ "nested": { "no": 1 } });
    let mut large = policy("Allow", ARN);
    large["context"] = value!({ "x": "x".repeat(8 * 1024) });
    let mut no_principal = policy("Allow", ARN);
    no_principal["principalId"] = Value::Null;
    let error = |message: &str| {
        let (kind, message) = ("Error".to_owned(), message.to_owned());
        Err(InvokeError::function(kind, message))
    };
    let rest = ARN.replace("$connect", "*/*");
    let table = [
        ("allow", returns(&policy("Allow", ARN)), 101),
        ("wildcards", returns(&policy("Allow", "arn:aws:execute-api:*:*:k3v9/prod/*")), 101),
        ("deny", returns(&policy("Deny", "*")), 403),
        ("allows another", returns(&policy("Allow", "arn:aws:execute-api:*/$default")), 403),
        ("a REST ARN", returns(&policy("Allow", &rest)), 403),
        ("thrown Unauthorized", error("Unauthorized"), 401),
        ("thrown otherwise", error("unauthorized"), 500),
        ("exit", Err(InvokeError::exited()), 500),
        ("a status", returns(&value!({ "statusCode": 401 })), 500),
        ("HTTP API's form", returns(&value!({ "isAuthorized": true })), 500),
        ("returned Unauthorized", returns(&value!("Unauthorized")), 500),
        ("null", returns(&Value::Null), 500),
        ("a nested context", returns(&context), 500),
        ("no principal", returns(&no_principal), 500),
        ("more than 8 KB", returns(&large), 500),
    ];
    for (name, outcome, status) in table {
        let api = api(outcome).await;
        if status == 101 {
            api.connect().await;
            continue;
        }
        let refused = api.refused("/prod").await;
        let body = match status {
            401 => r#"{"message":"Unauthorized"}"#,
            403 => r#"{"message":"Forbidden"}"#,
            _ => r#"{"message":"Internal server error"}"#,
        };
        assert_eq!(refused, (status, body.to_owned()), "{name}");
        let event = api.events.lock().await.try_recv();
        assert!(event.is_err(), "{name}: the function does not run");
    }
}

#[tokio::test]
async fn the_event_has_what_aws_sends() {
    let asked = Arc::new(Mutex::new(None));
    let captured = asked.clone();
    let authorizer = Authorizer::function(move |payload: Bytes| {
        let captured = captured.clone();
        async move {
            *captured.lock().await = Some(payload);
            returns(&policy("Allow", ARN))
        }
    });
    let api = api_with(settings(authorizer)).await;
    let mut request = format!("{}?token=t-1&token=t-2", api.url()).into_client_request().unwrap();
    request.headers_mut().insert("user-agent", "t/1".parse().unwrap());
    let (_client, _) = within(connect_async(request)).await.unwrap();
    let payload = asked.lock().await.take().unwrap();
    assert_eq!(AuthorizerRequest::decode(payload.clone()).unwrap().method_arn(), ARN);
    let mut event = json(&payload);
    let mut connect = json(api.event(EventKind::Connect).await.payload());
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], ARN);
    assert_eq!(event["stageVariables"], value!({}));
    assert_eq!(event["queryStringParameters"], value!({ "token": "t-2" }));
    assert_eq!(event["multiValueQueryStringParameters"], value!({ "token": ["t-1", "t-2"] }));
    for (name, value) in
        [("Connection", "upgrade"), ("Upgrade", "websocket"), ("content-length", "0")]
    {
        assert_eq!(event["headers"][name], value);
        assert_eq!(event["multiValueHeaders"][name], value!([value]));
        event["headers"].as_object_mut().unwrap().remove(name);
    }
    assert_eq!(event["headers"], connect["headers"], "the other headers are those of $connect");
    connect["requestContext"].as_object_mut().unwrap().remove("authorizer").unwrap();
    assert_eq!(event["requestContext"], connect["requestContext"]);
    assert!(event.get("isBase64Encoded").is_none() && event.get("body").is_none());
}

#[tokio::test]
async fn a_setting_chooses_the_query_of_an_event_without_a_query() {
    for (no_query, expected) in [
        (NoQuery::Empty, Some(value!({}))),
        (NoQuery::Null, Some(Value::Null)),
        (NoQuery::Absent, None),
    ] {
        let (seen, mut asked) = mpsc::unbounded_channel();
        let authorizer = Authorizer::function(move |payload: Bytes| {
            seen.send(payload).unwrap();
            async { returns(&policy("Allow", ARN)) }
        });
        let undocumented = Undocumented { no_query, ..Undocumented::default() };
        let api = api_with(Settings { undocumented, ..settings(authorizer) }).await;
        api.connect().await;
        let event = json(asked.recv().await.unwrap());
        for map in ["queryStringParameters", "multiValueQueryStringParameters"] {
            assert_eq!(event.get(map), expected.as_ref(), "{no_query:?}");
        }
    }
}

#[tokio::test]
async fn later_events_carry_the_context() {
    let mut allow = policy("Allow", ARN);
    allow["context"] =
        value!({ "tier": "gold", "level": 7, "share": 0.5, "vip": true, "no": null });
    let texts = value!({ "tier": "gold", "level": "7", "share": "0.5", "vip": "true" });
    let given = value!({ "tier": "gold", "level": 7, "share": 0.5, "vip": true });
    for (context_values, expected) in
        [(ContextValues::Text, texts), (ContextValues::AsGiven, given)]
    {
        let outcome = returns(&allow);
        let authorizer = Authorizer::function(move |_: Bytes| {
            let outcome = outcome.clone();
            async move { outcome }
        });
        let undocumented = Undocumented { context_values, ..Undocumented::default() };
        let api = api_with(Settings { undocumented, ..settings(authorizer) }).await;
        let mut client = api.connect().await;
        let connect = api.event(EventKind::Connect).await;
        send(&mut client, "x").await;
        let message = api.event(EventKind::Message).await;
        within(client.close(None)).await.unwrap();
        for event in [connect, message, api.event(EventKind::Disconnect).await] {
            let mut context = json(event.payload())["requestContext"]["authorizer"].take();
            let context = context.as_object_mut().unwrap();
            assert_eq!(context.remove("principalId"), Some("player-42".into()));
            assert!(context.remove("integrationLatency").unwrap().is_u64());
            assert_eq!(Value::from(context.clone()), expected);
        }
    }
}

#[tokio::test]
async fn a_setting_removes_the_context_from_messages() {
    let authorizer = Authorizer::function(|_: Bytes| async { returns(&policy("Allow", ARN)) });
    let undocumented = Undocumented { context_in_messages: false, ..Undocumented::default() };
    let api = api_with(Settings { undocumented, ..settings(authorizer) }).await;
    let mut client = api.connect().await;
    send(&mut client, "x").await;
    let event = json(api.event(EventKind::Message).await.payload());
    assert!(event["requestContext"].get("authorizer").is_none());
    within(client.close(None)).await.unwrap();
    let event = json(api.event(EventKind::Disconnect).await.payload());
    assert!(event["requestContext"].get("authorizer").is_some());
}

#[tokio::test]
async fn without_identity_sources_the_function_is_not_invoked() {
    let sources = |sources: &[&str]| {
        let all = sources.iter().map(|source| source.parse::<IdentitySource>().unwrap());
        let authorizer = Authorizer::function(|_: Bytes| async { returns(&policy("Allow", ARN)) });
        let variables = [("set".to_owned(), "1".to_owned()), ("empty".to_owned(), String::new())];
        Settings {
            stage_variables: variables.into(),
            ..settings(all.fold(authorizer, Authorizer::with_source))
        }
    };
    let table: &[(&[&str], &str, u16)] = &[
        (&[], "", 101),
        (&["route.request.header.Sec-websocket-KEY"], "", 101),
        (&["route.request.header.Authorization"], "", 401),
        (&["route.request.querystring.token"], "?token=x", 101),
        (&["route.request.querystring.token"], "?token=", 401),
        (&["route.request.querystring.token"], "?Token=x", 401),
        (&["route.request.querystring.a", "route.request.querystring.b"], "?a=1", 401),
        (&["context.identity.sourceIp", "context.connectionId", "stageVariables.set"], "", 101),
        (&["context.identity.userAgent"], "", 401),
        (&["stageVariables.empty"], "", 401),
        (&["stageVariables.none"], "", 401),
    ];
    for (names, query, status) in table {
        let api = api_with(sources(names)).await;
        let url = format!("{}{query}", api.url());
        match status {
            101 => drop(within(connect_async(url)).await.unwrap()),
            _ => {
                let expected = (*status, r#"{"message":"Unauthorized"}"#.to_owned());
                assert_eq!(refused(url).await, expected, "{names:?} {query}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_function_may_be_the_authorizer() {
    let (seen, events) = mpsc::unbounded_channel();
    let function = move |payload: Bytes| {
        let outcome = match AuthorizerRequest::decode(payload.clone()) {
            Ok(request) => returns(&policy("Allow", request.method_arn())),
            Err(_) => {
                seen.send(Event::decode(payload).unwrap()).unwrap();
                ok()
            }
        };
        async move { outcome }
    };
    let api = TestGateway::raw(settings(Authorizer::same_function()), events, function).await;
    api.connect().await;
    let event = json(api.event(EventKind::Connect).await.payload());
    assert_eq!(event["requestContext"]["authorizer"]["principalId"], "player-42");
}

#[tokio::test]
async fn a_slow_authorizer_runs_on_after_the_refusal() {
    let (release, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (open, done) = (release.clone(), ended.clone());
    let authorizer = Authorizer::function(move |_: Bytes| {
        let (release, ended) = (release.clone(), ended.clone());
        async move {
            release.notified().await;
            ended.notify_one();
            returns(&policy("Allow", ARN))
        }
    });
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let api = api_with(Settings { limits, ..settings(authorizer) }).await;
    assert_eq!(api.refused("/prod").await.0, 500);
    open.notify_one();
    within(done.notified()).await;
}

#[tokio::test]
async fn an_authorizer_works_without_a_connect_route() {
    let authorizer = Authorizer::function(|_: Bytes| async { returns(&policy("Deny", "*")) });
    let routes = Routes::default().with_route("$default", true);
    let api = api_with(Settings { routes, ..settings(authorizer) }).await;
    assert_eq!(api.refused("/prod").await.0, 403);
}

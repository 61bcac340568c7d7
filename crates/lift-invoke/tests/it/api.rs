//! Lambda's Invoke API over HTTP, as SDKs call it.

use std::{future::pending, time::Duration};

use lift_event::limits::{FUNCTION_ASYNC_REQUEST_BYTES, FUNCTION_REQUEST_BYTES};
use lift_gateway::lambda::{Function, FunctionSettings};
use lift_invoke::{
    Integration, InvocationEventKind, NamedFunction, Schedule, Schedules, Source, api,
};
use lift_local::HostNames;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::observed::{Events, echo, invoker};

/// A served API of the functions `chat` (its id is `Chat`) and `slow`.
async fn api() -> (std::net::SocketAddr, Events) {
    let mut chat = echo("app-chat").await;
    chat.id = Some("Chat".to_owned());
    let settings = FunctionSettings { max_wait: Duration::from_millis(1), ..Default::default() };
    let slow = NamedFunction::new("slow", Integration::Local(Function::new(settings)));
    let (invoker, events) = invoker(vec![chat, slow]);
    let expression = "rate(1 day)".parse().expect("an expression");
    let schedules =
        Schedules::new(invoker.clone(), vec![Schedule::new("close", "app-chat", expression)]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        api::serve(&listener, HostNames::default(), schedules, invoker, pending()).await;
    });
    (address, events)
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

async fn call(
    address: std::net::SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut socket = TcpStream::connect(address).await.expect("it listens");
    let mut head = format!("{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let length = body.len();
    let _ =
        socket.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).await;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

const CHAT: &str = "POST /2015-03-31/functions/Chat/invocations";

#[tokio::test]
async fn an_invocation_returns_the_result_and_is_observed() {
    let (address, mut events) = api().await;
    let answer = call(address, CHAT, &[], r#"{"a":1}"#).await;
    assert_eq!((answer.status, &*answer.body), (200, r#"{"a":1}"#));
    assert!(answer.head.contains("x-amz-executed-version: $latest"), "{}", answer.head);
    assert!(!answer.head.contains("x-amz-function-error"), "{}", answer.head);
    let Some(InvocationEventKind::Invoked { function, source, payload }) =
        events.recv().await.map(|event| event.kind)
    else {
        panic!("not invoked")
    };
    assert_eq!((&*function, source, &payload[..]), ("Chat", Source::Invoke, &br#"{"a":1}"#[..]));
    let answered = events.recv().await.expect("an event").kind;
    assert!(
        matches!(answered, InvocationEventKind::Answered { result: Ok(_), .. }),
        "{answered:?}"
    );

    let answer = call(address, CHAT, &[("x-lift-source", "sqs")], "").await;
    assert_eq!(answer.body, "{}", "without an event, as on Lambda");
    let invoked = events.recv().await.expect("an event").kind;
    assert!(matches!(invoked, InvocationEventKind::Invoked { source: Source::Sqs, .. }));
    events.recv().await.expect("answered");
    call(address, CHAT, &[("x-amzn-trace-id", "Root=1-2-3")], "").await;
    let invoked = events.recv().await.expect("an event").kind;
    assert!(matches!(invoked, InvocationEventKind::Invoked { source: Source::Function, .. }));
}

#[tokio::test]
async fn every_name_that_lambda_takes_finds_the_function() {
    let (address, _events) = api().await;
    for name in [
        "Chat",
        "app-chat",
        "app-chat:$LATEST",
        "arn:aws:lambda:eu-west-1:000000000000:function:app-chat",
        "arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Aapp-chat%3Alive",
        "000000000000:function:app-chat",
    ] {
        let line = format!("POST /2015-03-31/functions/{name}/invocations");
        assert_eq!(call(address, &line, &[], "1").await.body, "1", "{name}");
    }
    let unknown = call(address, "POST /2015-03-31/functions/chta/invocations", &[], "1").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.head.contains("x-amzn-errortype: resourcenotfoundexception"));
    let message = "there is no function `chta`, only Chat, slow";
    assert_eq!(unknown.json(), json!({"Type": "User", "Message": message}));
}

#[tokio::test]
async fn a_failure_of_the_function_is_told_from_a_result() {
    let (address, _events) = api().await;
    let error = r#"{"errorType":"Oops","errorMessage":"no table"}"#;
    let answer = call(address, CHAT, &[], error).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("x-amz-function-error: unhandled"), "{}", answer.head);
    assert_eq!(answer.json(), json!({"errorType": "Oops", "errorMessage": "no table"}));
    let busy = call(address, "POST /2015-03-31/functions/slow/invocations", &[], "1").await;
    assert_eq!(busy.status, 429);
    assert!(busy.head.contains("x-amzn-errortype: toomanyrequestsexception"), "{}", busy.head);
}

#[tokio::test]
async fn an_event_is_accepted_at_once_and_a_dry_run_invokes_nothing() {
    let (address, mut events) = api().await;
    let kind = "x-amz-invocation-type";
    let dry = call(address, CHAT, &[(kind, "DryRun")], "1").await;
    assert_eq!((dry.status, &*dry.body), (204, ""));
    let line = "POST /2015-03-31/functions/none/invocations";
    assert_eq!(call(address, line, &[(kind, "DryRun")], "1").await.status, 404);
    let event = call(address, CHAT, &[(kind, "Event")], "2").await;
    assert_eq!((event.status, &*event.body), (202, ""));
    let Some(InvocationEventKind::Invoked { payload, .. }) =
        events.recv().await.map(|one| one.kind)
    else {
        panic!("not invoked")
    };
    assert_eq!(&payload[..], b"2", "the dry run came first, and invoked nothing");
    let wrong = call(address, CHAT, &[(kind, "Later")], "1").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.head.contains("x-amzn-errortype: invalidparametervalueexception"));
}

#[tokio::test]
async fn an_event_must_be_json_of_a_size_that_lambda_takes() {
    let (address, _events) = api().await;
    let wrong = call(address, CHAT, &[], "{").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.head.contains("x-amzn-errortype: invalidrequestcontentexception"));
    let of = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert_eq!(call(address, CHAT, &[], &of(FUNCTION_REQUEST_BYTES)).await.status, 200);
    let event = &[("x-amz-invocation-type", "Event")];
    assert_eq!(call(address, CHAT, event, &of(FUNCTION_ASYNC_REQUEST_BYTES)).await.status, 202);
    let large = call(address, CHAT, event, &of(FUNCTION_ASYNC_REQUEST_BYTES + 1)).await;
    assert_eq!(large.status, 413);
    assert!(large.head.contains("x-amzn-errortype: requesttoolargeexception"), "{}", large.head);
}

#[tokio::test]
async fn functions_and_schedules_are_listed_and_a_schedule_fires() {
    let (address, _events) = api().await;
    let functions = call(address, "GET /2015-03-31/functions/", &[], "").await.json();
    assert_eq!(functions["Functions"][0]["FunctionName"], "app-chat");
    let arn = "arn:aws:lambda:eu-west-1:000000000000:function:app-chat";
    assert_eq!(functions["Functions"][0]["FunctionArn"], arn);
    let schedules = call(address, "GET /_lift/schedules", &[], "").await.json();
    let expected = json!({"name": "close", "function": "app-chat", "expression": "rate(1 day)", "enabled": true});
    assert_eq!(schedules["schedules"], json!([expected]));
    let fired = call(address, "POST /_lift/schedules/close", &[], "").await;
    assert_eq!((fired.status, &fired.json()["source"]), (200, &json!("aws.events")));
    assert_eq!(call(address, "POST /_lift/schedules/none", &[], "").await.status, 404);
    let other = call(address, "POST /2014-11-13/functions/Chat/invoke-async", &[], "").await;
    assert_eq!(other.status, 404);
    assert!(other.json()["Message"].as_str().is_some_and(|text| text.contains("Invoke alone")));
}

#[tokio::test]
async fn a_page_of_a_browser_invokes_nothing() {
    let (address, mut events) = api().await;
    for header in [
        ("origin", "http://localhost:8080"),
        ("sec-fetch-site", "same-origin"),
        ("host", "evil.example"),
    ] {
        assert_eq!(call(address, CHAT, &[header], "1").await.status, 403, "{header:?}");
    }
    assert!(events.try_recv().is_err());
}

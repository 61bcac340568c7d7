//! The Runtime API, called with plain HTTP requests and by the runtime client of real functions.

use std::{net::SocketAddr, process::Stdio, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lift_gateway::{
    Backend, Id, InvokeError,
    lambda::{Demand, Environment, Function, FunctionSettings, Status},
};
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, task::JoinHandle};

use crate::api::{BackendResult, header, http, json, within};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

struct Setup {
    function: Function,
    environment: Arc<Environment>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn setup(settings: FunctionSettings) -> Setup {
    let function = Function::new(settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let environment = Arc::new(function.environment(listener));
    let address = environment.address().unwrap();
    let served = environment.clone();
    let serving = tokio::spawn(async move { served.serve().await });
    Setup { function, environment, address, serving }
}

impl Setup {
    fn invoke(&self, payload: &'static str) -> JoinHandle<BackendResult> {
        let function = self.function.clone();
        tokio::spawn(async move { function.invoke(payload.into()).await })
    }

    async fn next(&self) -> (String, Bytes) {
        let response = http(self.address, "GET", NEXT, &[], "").await;
        assert_eq!(response.status(), 200);
        (header(&response, "lambda-runtime-aws-request-id").to_owned(), response.into_body())
    }

    async fn post(&self, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        http(self.address, "POST", &format!("/2018-06-01/runtime/{path}"), &[], body).await
    }

    async fn wait_for(&self, expected: Demand) {
        let mut demand = self.function.demand();
        within(demand.wait_for(|demand| *demand == expected)).await.unwrap();
    }
}

#[tokio::test]
async fn an_invocation_returns_the_response_of_the_process() {
    let setup = setup(FunctionSettings::default()).await;
    assert_eq!(*setup.environment.status().borrow(), Status::Starting);
    let call = setup.invoke("{}");
    setup.wait_for(Demand { waiting: 1, idle: 0, busy: 0 }).await;
    let response = http(setup.address, "GET", NEXT, &[], "").await;
    assert_eq!(*setup.environment.status().borrow(), Status::Ready);
    setup.wait_for(Demand { waiting: 0, idle: 0, busy: 1 }).await;
    assert_eq!(response.body(), "{}");
    let id = header(&response, "lambda-runtime-aws-request-id").to_owned();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(header(&response, "lambda-runtime-deadline-ms").parse::<u64>().unwrap() > 0);
    let arn = header(&response, "lambda-runtime-invoked-function-arn");
    assert_eq!(arn, "arn:aws:lambda:us-east-1:000000000000:function:lift");
    assert!(header(&response, "lambda-runtime-trace-id").starts_with("Root=1-"));
    let path = format!("invocation/{id}/response");
    assert_eq!(setup.post(&path, "reply").await.status(), 202);
    assert_eq!(within(call).await.unwrap().unwrap(), "reply");
    let late = setup.post(&path, "reply").await;
    assert_eq!(late.status(), 400);
    assert_eq!(json(late.body())["errorType"], "InvalidRequestID");
    setup.wait_for(Demand::default()).await;
}

#[tokio::test]
async fn errors_reach_the_caller() {
    let setup = setup(FunctionSettings::default()).await;
    let call = setup.invoke("{}");
    let (id, _) = setup.next().await;
    let report = r#"{"errorType":"Bad","errorMessage":"it broke","stackTrace":[]}"#;
    assert_eq!(setup.post(&format!("invocation/{id}/error"), report).await.status(), 202);
    let error = within(call).await.unwrap().unwrap_err();
    assert_eq!(error, InvokeError::function("Bad", "it broke"));
    assert_eq!(error.function_error(), Some(("Bad", "it broke")));

    let call = setup.invoke("{}");
    let (id, _) = setup.next().await;
    let large = vec![b'x'; 6_291_557];
    assert_eq!(setup.post(&format!("invocation/{id}/response"), large).await.status(), 413);
    let error = within(call).await.unwrap().unwrap_err();
    assert!(error.function_error().is_some(), "{error}");

    let call = setup.invoke("{}");
    setup.next().await;
    setup.environment.exited();
    assert_eq!(within(call).await.unwrap(), Err(InvokeError::exited()));
}

#[tokio::test]
async fn an_init_error_is_reported_and_ends_the_environment() {
    let setup = setup(FunctionSettings::default()).await;
    let report = r#"{"errorType":"Config","errorMessage":"no table"}"#;
    assert_eq!(setup.post("init/error", report).await.status(), 202);
    let status = setup.environment.status().borrow().clone();
    let (kind, message) = ("Config".to_owned(), "no table".to_owned());
    assert_eq!(status, Status::InitFailed { kind, message });
    let call = setup.invoke("{}");
    setup.wait_for(Demand { waiting: 1, idle: 0, busy: 0 }).await;
    setup.function.fail_waiting(&InvokeError::unavailable());
    assert_eq!(within(call).await.unwrap(), Err(InvokeError::unavailable()));
}

#[tokio::test]
async fn a_slow_function_gets_the_status_timed_out() {
    let timeout = Duration::from_millis(30);
    let setup = setup(FunctionSettings { timeout, ..FunctionSettings::default() }).await;
    let call = setup.invoke("{}");
    let (id, _) = setup.next().await;
    let error = within(call).await.unwrap().unwrap_err();
    assert_eq!(error, InvokeError::timed_out(timeout));
    let mut status = setup.environment.status();
    within(status.wait_for(|status| *status == Status::TimedOut)).await.unwrap();
    assert_eq!(setup.post(&format!("invocation/{id}/response"), "x").await.status(), 400);
}

#[tokio::test]
async fn a_full_queue_and_a_long_wait_are_unavailable() {
    let max_wait = Duration::from_millis(30);
    let settings = FunctionSettings { queue: 1, max_wait, ..FunctionSettings::default() };
    let setup = setup(settings).await;
    let first = setup.invoke("{}");
    setup.wait_for(Demand { waiting: 1, idle: 0, busy: 0 }).await;
    assert_eq!(within(setup.invoke("{}")).await.unwrap(), Err(InvokeError::unavailable()));
    assert_eq!(within(first).await.unwrap(), Err(InvokeError::unavailable()));
    setup.wait_for(Demand::default()).await;
}

#[tokio::test]
async fn a_client_that_drops_next_loses_no_event() {
    let setup = setup(FunctionSettings::default()).await;
    for _ in 0..20 {
        let poll = tokio::spawn(http(setup.address, "GET", NEXT, &[], ""));
        setup.wait_for(Demand { waiting: 0, idle: 1, busy: 0 }).await;
        // A second call supersedes the first one, even if the gateway did not notice its end yet.
        let second = tokio::spawn(http(setup.address, "GET", NEXT, &[], ""));
        let superseded = within(poll).await.unwrap();
        assert_eq!(superseded.status(), 409);
        second.abort();
        setup.wait_for(Demand::default()).await;
        let call = setup.invoke("{}");
        let (id, _) = setup.next().await;
        setup.post(&format!("invocation/{id}/response"), "ok").await;
        assert_eq!(within(call).await.unwrap().unwrap(), "ok");
        setup.wait_for(Demand::default()).await;
    }
}

#[tokio::test]
async fn an_environment_that_stopped_work_takes_no_event() {
    let setup = setup(FunctionSettings::default()).await;
    let waits = tokio::spawn(http(setup.address, "GET", NEXT, &[], ""));
    setup.wait_for(Demand { waiting: 0, idle: 1, busy: 0 }).await;
    setup.environment.stop_work();
    // The process was not polled since `stop_work`, and it does not get the event.
    let call = setup.invoke("1");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let next = setup.function.environment(listener);
    let address = next.address().unwrap();
    let serving = tokio::spawn(async move { next.serve().await });
    assert_eq!(http(address, "GET", NEXT, &[], "").await.body(), "1");
    assert!(!waits.is_finished());
    serving.abort();
    assert_eq!(within(call).await.unwrap(), Err(InvokeError::exited()));
}

#[tokio::test]
async fn draining_finishes_and_notifies_the_extensions() {
    let setup = setup(FunctionSettings::default()).await;
    let register = "/2020-01-01/extension/register";
    let body = r#"{"events":["INVOKE","SHUTDOWN"]}"#;
    let response =
        http(setup.address, "POST", register, &[("lambda-extension-name", "e")], body).await;
    assert_eq!(response.status(), 200);
    let identifier = header(&response, "lambda-extension-identifier").to_owned();
    let path = "/2020-01-01/extension/event/next";
    assert_eq!(http(setup.address, "GET", path, &[], "").await.status(), 403);
    let address = setup.address;
    let event = tokio::spawn(async move {
        let headers = [("lambda-extension-identifier", identifier.as_str())];
        http(address, "GET", path, &headers, "").await
    });

    let call = setup.invoke("1");
    let (id, _) = setup.next().await;
    let environment = setup.environment.clone();
    let draining = tokio::spawn(async move { environment.drain().await });
    let waiting = setup.invoke("2");
    setup.wait_for(Demand { waiting: 1, idle: 0, busy: 1 }).await;
    assert!(!draining.is_finished());
    setup.post(&format!("invocation/{id}/response"), "done").await;
    assert_eq!(within(call).await.unwrap().unwrap(), "done");
    within(draining).await.unwrap();
    let event = within(event).await.unwrap();
    assert_eq!(json(event.body())["eventType"], "SHUTDOWN");

    // The waiting invocation goes to the next environment.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let next = setup.function.environment(listener);
    let address = next.address().unwrap();
    let serving = tokio::spawn(async move { next.serve().await });
    let response = http(address, "GET", NEXT, &[], "").await;
    assert_eq!(response.body(), "2");
    serving.abort();
    assert_eq!(within(waiting).await.unwrap(), Err(InvokeError::exited()));
}

/// Not a test: the process that [`a_real_runtime_client_works`] starts.
#[tokio::test]
#[ignore = "runs only as a function"]
async fn real_function() {
    let handler = |event: lambda_runtime::LambdaEvent<Value>| async move {
        match event.payload["do"].as_str() {
            Some("fail") => Err(lambda_runtime::Error::from("on request")),
            Some("panic") => panic!("on request"),
            _ => Ok(serde_json::json!({
                "echo": event.payload, "arn": event.context.invoked_function_arn
            })),
        }
    };
    lambda_runtime::run(lambda_runtime::service_fn(handler)).await.unwrap();
}

#[tokio::test]
async fn a_real_runtime_client_works() {
    let setup = setup(FunctionSettings::default()).await;
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::real_function", "--ignored"])
        .env("AWS_LAMBDA_RUNTIME_API", setup.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "lift")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    for _ in 0..3 {
        let reply = within(setup.invoke(r#"{"x":1}"#)).await.unwrap().unwrap();
        assert_eq!(json(&reply)["echo"]["x"], 1);
        assert!(json(&reply)["arn"].as_str().unwrap().ends_with(":function:lift"));
        for request in [r#"{"do":"fail"}"#, r#"{"do":"panic"}"#] {
            let error = within(setup.invoke(request)).await.unwrap().unwrap_err();
            let (_, message) = error.function_error().unwrap();
            assert!(message.contains("on request"), "{message}");
        }
    }
    assert_eq!(*setup.environment.status().borrow(), Status::Ready);
    setup.wait_for(Demand { waiting: 0, idle: 1, busy: 0 }).await;
    process.kill().await.unwrap();
    setup.environment.exited();
}

#[tokio::test]
async fn the_callback_gets_the_invocation_before_the_process() {
    let function = Function::new(FunctionSettings::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, mut notified) = tokio::sync::mpsc::unbounded_channel();
    let environment = function.environment_with_callback(listener, move |invocation| {
        sender.send(invocation).expect("a receiver")
    });
    tokio::spawn(async move { environment.serve().await });

    let invocation_id = Id::parse("AAAAAAAAAAAAAAA=");
    let invoked = function.clone();
    let call =
        tokio::spawn(async move { invoked.invoke_as(invocation_id.unwrap(), "{}".into()).await });
    let response = http(address, "GET", NEXT, &[], "").await;
    assert_eq!(notified.try_recv(), Ok(invocation_id));
    assert!(notified.is_empty());
    let id = header(&response, "lambda-runtime-aws-request-id");
    let path = format!("/2018-06-01/runtime/invocation/{id}/response");
    http(address, "POST", &path, &[], "{}").await;
    assert!(within(call).await.unwrap().is_ok());
    assert_eq!(notified.try_recv(), Ok(None));

    let call = tokio::spawn(async move { function.invoke("{}".into()).await });
    http(address, "GET", NEXT, &[], "").await;
    assert_eq!(notified.try_recv(), Ok(None), "it has no invocation id");
    call.abort();
}

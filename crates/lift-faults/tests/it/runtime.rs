//! Faults of the Runtime API, with an HTTP client instead of a function process.

use std::{io::ErrorKind, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lift_faults::{Faults, HostNames, HttpUpstream, Link, Proxy};
use lift_gateway::{
    Backend, InvokeError,
    lambda::{Function, FunctionSettings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

struct TestRuntime {
    faults: Faults,
    function: Function,
    proxy: Proxy,
    client: Client<HttpConnector, Full<Bytes>>,
    environment: JoinHandle<()>,
}

impl TestRuntime {
    async fn start(plan: &str) -> Self {
        let function = Function::new(FunctionSettings::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let environment = function.environment(listener);
        let address = environment.address().expect("an address").to_string();
        let environment = tokio::spawn(async move { environment.serve().await });
        let faults = Faults::new(plan.parse().expect("a plan"));
        let upstream = HttpUpstream::new(address).expect("an address");
        let proxy = Proxy::start(Link::runtime(&faults, upstream), HostNames::default())
            .await
            .expect("a port");
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { faults, function, proxy, client, environment }
    }

    fn invoke(&self, event: &'static str) -> JoinHandle<Result<Bytes, InvokeError>> {
        let function = self.function.clone();
        tokio::spawn(async move { function.invoke(Bytes::from(event)).await })
    }

    async fn send(
        &self,
        request: http::request::Builder,
        body: &'static str,
    ) -> Result<Response<Bytes>, ()> {
        let request = request.body(Full::from(body)).expect("a request");
        let response = self.client.request(request).await.map_err(drop)?;
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, body.collect().await.map_err(drop)?.to_bytes()))
    }

    /// The next event and its id.
    async fn next(&self) -> Result<(String, Bytes), ()> {
        let url = format!("{}/2018-06-01/runtime/invocation/next", self.proxy.url());
        let response = self.send(Request::get(url), "").await?;
        let id = response.headers().get("lambda-runtime-aws-request-id").ok_or(())?;
        Ok((id.to_str().expect("a text").to_owned(), response.into_body()))
    }

    async fn respond(&self, id: &str, body: &'static str) -> Result<StatusCode, ()> {
        let url = format!("{}/2018-06-01/runtime/invocation/{id}/response", self.proxy.url());
        Ok(self.send(Request::post(url), body).await?.status())
    }
}

impl Drop for TestRuntime {
    fn drop(&mut self) {
        self.environment.abort();
    }
}

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn without_faults_events_pass() {
    let runtime = TestRuntime::start("").await;
    let invoked = runtime.invoke("1");
    let (id, event) = runtime.next().await.expect("an event");
    assert_eq!(event, "1");
    assert_eq!(runtime.respond(&id, "\"done\"").await, Ok(StatusCode::ACCEPTED));
    assert_eq!(invoked.await.expect("no panic").expect("a response"), "\"done\"");
}

#[tokio::test]
async fn a_hanging_next_takes_no_event() {
    let plan = "[[fault]]\napi = 'runtime'\noperation = 'next'\nkind = 'hang'\nnth = 1";
    let runtime = TestRuntime::start(plan).await;
    let invoked = runtime.invoke("1");
    timeout(SHORT, runtime.next()).await.expect_err("no event");
    let (id, _) = runtime.next().await.expect("the event was kept");
    runtime.respond(&id, "1").await.expect("a response");
    invoked.await.expect("no panic").expect("a response");
}

#[tokio::test]
async fn a_process_that_stops_waiting_does_not_get_the_event() {
    let runtime = TestRuntime::start("").await;
    timeout(SHORT, runtime.next()).await.expect_err("no event");
    let mut demand = runtime.function.demand();
    let no_process_waits = demand.wait_for(|demand| demand.idle == 0);
    timeout(Duration::from_secs(5), no_process_waits)
        .await
        .expect("within 5 seconds")
        .expect("a function");
    let invoked = runtime.invoke("1");
    let (id, _) = timeout(Duration::from_secs(5), runtime.next())
        .await
        .expect("within 5 seconds")
        .expect("the event");
    runtime.respond(&id, "1").await.expect("a response");
    invoked.await.expect("no panic").expect("a response");
}

#[tokio::test]
async fn a_response_is_lost_before_or_after_it_is_accepted() {
    let runtime = TestRuntime::start(
        "[[fault]]\napi = 'runtime'\noperation = 'response'\nkind = 'reset'\nnth = 1
         [[fault]]\napi = 'runtime'\noperation = 'response'\nkind = 'reset'\nlost = 'answer'\nnth = 2",
    )
    .await;
    let invoked = runtime.invoke("1");
    let (id, _) = runtime.next().await.expect("an event");
    runtime.respond(&id, "\"lost\"").await.expect_err("reset");
    assert!(!invoked.is_finished());
    runtime.respond(&id, "\"arrived\"").await.expect_err("reset");
    assert_eq!(invoked.await.expect("no panic").expect("a response"), "\"arrived\"");
}

#[tokio::test]
async fn an_error_and_a_delay_of_the_plan_are_injected() {
    let runtime = TestRuntime::start(
        "[[fault]]\napi = 'runtime'\noperation = 'response'\nkind = 'error'\nnth = 1
         [[fault]]\napi = 'runtime'\noperation = 'next'\nkind = 'delay'\nms = 80",
    )
    .await;
    let invoked = runtime.invoke("1");
    let start = std::time::Instant::now();
    let (id, _) = runtime.next().await.expect("an event");
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(runtime.respond(&id, "1").await, Ok(StatusCode::INTERNAL_SERVER_ERROR));
    assert!(!invoked.is_finished());
    assert_eq!(runtime.respond(&id, "1").await, Ok(StatusCode::ACCEPTED));
    invoked.await.expect("no panic").expect("a response");
}

#[tokio::test]
async fn a_duplicate_event_is_delivered_twice() {
    let plan = "[[fault]]\napi = 'runtime'\noperation = 'next'\nkind = 'duplicate'\nnth = 1";
    let runtime = TestRuntime::start(plan).await;
    let invoked = runtime.invoke("1");
    let (id, event) = runtime.next().await.expect("an event");
    assert_eq!(runtime.respond(&id, "\"first\"").await, Ok(StatusCode::ACCEPTED));
    assert_eq!(invoked.await.expect("no panic").expect("a response"), "\"first\"");

    assert_eq!(runtime.next().await, Ok((id.clone(), event)), "the same event");
    assert_eq!(runtime.respond(&id, "\"second\"").await, Ok(StatusCode::ACCEPTED));

    let invoked = runtime.invoke("2");
    let (id, event) = runtime.next().await.expect("an event");
    assert_eq!(event, "2");
    runtime.respond(&id, "2").await.expect("a response");
    invoked.await.expect("no panic").expect("a response");
    assert_eq!(runtime.faults.report().total(), 1);
}

#[tokio::test]
async fn a_reset_closes_the_tcp_connection() {
    let plan = "[[fault]]\napi = 'runtime'\noperation = 'next'\nkind = 'reset'";
    let runtime = TestRuntime::start(plan).await;
    let mut socket = TcpStream::connect(runtime.proxy.address()).await.expect("listens");
    let request = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.write_all(request).await.expect("sent");
    let mut response = Vec::new();
    let end = socket.read_to_end(&mut response).await.expect_err("a reset");
    assert_eq!((end.kind(), response.len()), (ErrorKind::ConnectionReset, 0));
}

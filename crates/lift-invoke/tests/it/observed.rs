//! An invoker whose events the tests read, and a function that a server on loopback runs.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use lift_gateway::lambda::{Function, FunctionSettings};
use lift_invoke::{Integration, InvocationEvent, Invoker, NamedFunction, Observer, RemoteFunction};
use lift_local::{Guard, HostNames};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

pub(crate) type Events = UnboundedReceiver<InvocationEvent>;

/// A function without a process: its invocations wait.
pub(crate) fn waiting_function(name: &str) -> NamedFunction {
    NamedFunction::new(name, Integration::Local(Function::new(FunctionSettings::default())))
}

/// A function that answers its own event, or fails if the event says so.
pub(crate) async fn echo(name: &str) -> NamedFunction {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let answer = |request: lift_local::Admitted<hyper::body::Incoming>| async move {
        let event = request.into_request().into_body().collect().await.expect("a body").to_bytes();
        let mut response = Response::new(Full::new(event.clone()));
        if event.starts_with(b"{\"errorType\"") {
            let unhandled = http::HeaderValue::from_static("Unhandled");
            response.headers_mut().insert("x-amz-function-error", unhandled);
        }
        Ok(response)
    };
    tokio::spawn(async move {
        let guard = Guard::programs(HostNames::default());
        lift_local::serve(&listener, &guard, None, answer, std::future::pending()).await;
    });
    let remote = RemoteFunction::new(&url.parse().expect("a URL"), name, Duration::from_secs(9), 1);
    NamedFunction::new(name, Integration::Remote(remote))
}

/// An invoker of these functions, and its events.
pub(crate) fn invoker(functions: Vec<NamedFunction>) -> (Invoker, Events) {
    let (sender, events) = unbounded_channel();
    let observer = Observer::new(move |event| drop(sender.send(event)));
    (Invoker::new(functions, "eu-west-1", observer), events)
}

pub(crate) fn json(bytes: &Bytes) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("JSON")
}

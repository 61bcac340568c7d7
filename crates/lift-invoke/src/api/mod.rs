//! Lambda's Invoke API for the functions of an app, as AWS SDKs call it, and beside it an API for the schedules.
//!
//! ```text
//! POST /2015-03-31/functions/NAME/invocations   Invoke
//! GET  /2015-03-31/functions                    ListFunctions, in part
//! GET  /_lift/schedules, POST /_lift/schedules/NAME
//! ```
//!
//! Calls are not signed: the server listens on loopback, and its guard admits programs alone.

mod response;

use std::future::Future;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use lift_event::limits::{FUNCTION_ASYNC_REQUEST_BYTES, FUNCTION_REQUEST_BYTES};
use lift_local::{Admitted, Guard, HEAD_TIMEOUT, HostNames};
use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

pub use self::response::ERROR_HEADER;
use self::response::{CallError, accepted, json_response, result};
use crate::{Invoker, Schedule, Schedules, Source};

/// The header with the kind of an invocation: RequestResponse, Event or DryRun.
const INVOCATION_TYPE: &str = "x-amz-invocation-type";

/// The header by which `lift invoke` says that the event is a queue's.
pub const SOURCE_HEADER: &str = "x-lift-source";

/// The header by which a caller says in which trace it works.
const TRACE: &str = "x-amzn-trace-id";

/// Answers calls until `stop` resolves.
pub async fn serve(
    listener: &TcpListener,
    allowed_hosts: HostNames,
    schedules: Schedules,
    invoker: Invoker,
    stop: impl Future<Output = ()>,
) {
    let api = move |request| {
        let (invoker, schedules) = (invoker.clone(), schedules.clone());
        async move { Ok(answer(&invoker, &schedules, request).await) }
    };
    lift_local::serve(listener, &Guard::programs(allowed_hosts), Some(HEAD_TIMEOUT), api, stop)
        .await;
}

async fn answer(
    invoker: &Invoker,
    schedules: &Schedules,
    request: Admitted<Incoming>,
) -> Response<Full<Bytes>> {
    let request = request.into_request();
    let path = request.uri().path().to_owned();
    // SDKs encode the `:` of an ARN, and end the path of ListFunctions with a slash.
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match (request.method(), &segments[..]) {
        (&Method::POST, ["2015-03-31", "functions", name, "invocations"]) => {
            invoke(invoker, name, request).await
        }
        (&Method::GET, ["2015-03-31", "functions"]) => Ok(list(invoker)),
        (&Method::GET, ["_lift", "schedules"]) => Ok(list_schedules(schedules)),
        (&Method::POST, ["_lift", "schedules", name]) => match schedules.fire(name).await {
            Ok(answer) => result(answer),
            Err(error) => Err(CallError::not_found(error.to_string())),
        },
        _ => Err(CallError::no_operation(request.method(), &path)),
    };
    answer.unwrap_or_else(CallError::into_response)
}

async fn invoke(
    invoker: &Invoker,
    name: &str,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, CallError> {
    let (head, body) = request.into_parts();
    let header = |name: &str| text_of(&head.headers, name);
    let is_event = match header(INVOCATION_TYPE) {
        None | Some("RequestResponse") => false,
        Some("Event") => true,
        Some("DryRun") => {
            invoker.find(name).map_err(|error| CallError::not_found(error.to_string()))?;
            return Ok(accepted(StatusCode::NO_CONTENT));
        }
        Some(other) => {
            let message =
                format!("{other} is not an invocation type: use RequestResponse, Event or DryRun");
            return Err(CallError::invalid("InvalidParameterValueException", message));
        }
    };
    let source = match header(SOURCE_HEADER) {
        Some("sqs") => Source::Sqs,
        // SDKs add it when they run in a function: "recursive loop detection" in the Lambda guide.
        _ if header(TRACE).is_some() => Source::Function,
        _ => Source::Invoke,
    };
    let function = invoker.find(name).map_err(|error| CallError::not_found(error.to_string()))?;
    let limit = if is_event { FUNCTION_ASYNC_REQUEST_BYTES } else { FUNCTION_REQUEST_BYTES };
    let payload = event(read(body, limit).await?)?;
    if is_event {
        invoker.invoke_later(function, source, payload);
        return Ok(accepted(StatusCode::ACCEPTED));
    }
    result(invoker.invoke(function, source, payload).await)
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, CallError> {
    let reading = timeout(HEAD_TIMEOUT, Limited::new(body, limit).collect()).await;
    match reading {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(CallError::too_large(limit)),
        Ok(Err(_)) | Err(_) => {
            let message = "The body ended too early or came too slowly".to_owned();
            Err(CallError::invalid("InvalidRequestContentException", message))
        }
    }
}

/// The event for the function: the body, which must be JSON. Lambda gives `{}` for an empty one.
fn event(body: Bytes) -> Result<Bytes, CallError> {
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<IgnoredAny>(&body) {
        Ok(_) => Ok(body),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(CallError::invalid("InvalidRequestContentException", message))
        }
    }
}

/// ListFunctions, with the fields that a function has here.
fn list(invoker: &Invoker) -> Response<Full<Bytes>> {
    let functions = invoker.functions().iter().map(|function| {
        json!({
            "FunctionName": function.name,
            "FunctionArn": invoker.arn(function),
            "Description": function.id.as_deref().unwrap_or_default(),
            "Timeout": function.timeout.as_secs(),
            "MemorySize": function.memory_mb,
            "Version": "$LATEST",
        })
    });
    json_response(StatusCode::OK, &json!({ "Functions": functions.collect::<Vec<_>>() }))
}

fn list_schedules(schedules: &Schedules) -> Response<Full<Bytes>> {
    let entry = |schedule: Schedule| -> Value {
        json!({
            "name": schedule.name,
            "function": schedule.function,
            "expression": schedule.expression.as_str(),
            "enabled": schedule.enabled,
        })
    };
    let all: Vec<Value> = schedules.all().into_iter().map(entry).collect();
    json_response(StatusCode::OK, &json!({ "schedules": all }))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

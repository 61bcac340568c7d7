//! The Runtime API over HTTP, for one process.
//!
//! `next` never fails, because runtime clients exit when it does.

use std::{sync::Arc, time::SystemTime};

use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use lift_event::limits::FUNCTION_RESPONSE_BYTES;
use lift_local::Admitted;
use serde::Deserialize;

use super::{
    extension,
    process::{NextInvocation, ProcessState, Status},
    response::{EventBody, RuntimeResponse, accepted, error_response},
};
use crate::{InvokeError, limits::REPORT_BYTES};

/// Answers one request.
pub(super) async fn handle(
    process: &Arc<ProcessState>,
    request: Admitted<Incoming>,
) -> RuntimeResponse {
    let request = request.into_request();
    let path = request.uri().path().to_owned();
    let segments: Vec<_> = path.split('/').skip(1).collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(process).await,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            response(process, id, request.into_body()).await
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            let (kind, message) = report(request).await;
            accepted(process.finish(Some(id), Err(InvokeError::function(kind, message))))
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let (kind, message) = report(request).await;
            process.set_final_status(Status::InitFailed { kind, message });
            accepted(true)
        }
        (_, ["2020-01-01", "extension", ..]) => {
            extension::dispatch(process, &segments[2..], request).await
        }
        _ => error_response(StatusCode::NOT_FOUND, "NotFound", "The Runtime API has no such path"),
    }
}

async fn next(process: &Arc<ProcessState>) -> RuntimeResponse {
    let Some(NextInvocation { id, trace, payload, deadline }) = process.next().await else {
        return error_response(
            StatusCode::CONFLICT,
            "Superseded",
            "A later call waits for the next event",
        );
    };
    let deadline = SystemTime::now() + deadline;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut response = RuntimeResponse::new(EventBody::event(process.clone(), id.clone(), payload));
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", process.queue.arn()),
        ("lambda-runtime-trace-id", trace),
    ];
    for (name, value) in headers {
        // A function name that is not a valid header value loses only the ARN's header.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn response(process: &ProcessState, id: &str, body: Incoming) -> RuntimeResponse {
    match Limited::new(body, FUNCTION_RESPONSE_BYTES).collect().await {
        Ok(body) => accepted(process.finish(Some(id), Ok(body.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => {
            let message =
                format!("Exceeded maximum allowed payload size ({FUNCTION_RESPONSE_BYTES} bytes).");
            let kind = "Function.ResponseSizeTooLarge".to_owned();
            process.finish(Some(id), Err(InvokeError::function(kind, message.clone())));
            error_response(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
        Err(_) => {
            error_response(StatusCode::BAD_REQUEST, "InvalidRequest", "The body ended too early")
        }
    }
}

/// The type and message of an error that a process reports.
async fn report(request: Request<Incoming>) -> (String, String) {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Report {
        error_type: String,
        error_message: String,
    }
    let header = request.headers().get("lambda-runtime-function-error-type");
    let header = header.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let body = Limited::new(request.into_body(), REPORT_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let report = serde_json::from_slice(&body).unwrap_or_else(|_| Report {
        error_type: String::new(),
        error_message: String::from_utf8_lossy(&body).into_owned(),
    });
    let kind = Some(report.error_type).filter(|kind| !kind.is_empty()).or(header);
    (kind.unwrap_or_else(|| "Unknown".to_owned()), report.error_message)
}

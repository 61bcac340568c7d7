//! The part of the Extensions API that tells a process of its shutdown.
//!
//! INVOKE events are never sent. SHUTDOWN goes to the extensions that registered for it.

use std::{future::pending, time::SystemTime};

use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::{
    process::{Phase, ProcessState},
    response::{RuntimeResponse, accepted, error_response, json_response},
};
use crate::{
    id,
    limits::{REPORT_BYTES, SHUTDOWN_GRACE},
};

const IDENTIFIER: &str = "lambda-extension-identifier";

pub(super) async fn dispatch(
    process: &ProcessState,
    path: &[&str],
    request: Request<Incoming>,
) -> RuntimeResponse {
    if let (&Method::POST, ["register"]) = (request.method(), path) {
        return register(process, request).await;
    }
    let identifier = request.headers().get(IDENTIFIER).and_then(|id| id.to_str().ok());
    let Some(shutdown) = identifier.and_then(|id| process.wants_shutdown(id)) else {
        let message = "The extension is not registered";
        return error_response(
            StatusCode::FORBIDDEN,
            "Extension.UnknownExtensionIdentifier",
            message,
        );
    };
    match (request.method(), path) {
        (&Method::GET, ["event", "next"]) => next(process, shutdown).await,
        (&Method::POST, ["init" | "exit", "error"]) => accepted(true),
        _ => {
            error_response(StatusCode::NOT_FOUND, "NotFound", "The Extensions API has no such path")
        }
    }
}

async fn register(process: &ProcessState, request: Request<Incoming>) -> RuntimeResponse {
    #[derive(Deserialize)]
    struct Registration {
        #[serde(default)]
        events: Vec<String>,
    }
    let body = Limited::new(request.into_body(), REPORT_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(registration) = serde_json::from_slice::<Registration>(&body) else {
        let message = "The body is not a registration";
        return error_response(StatusCode::BAD_REQUEST, "InvalidRequestFormat", message);
    };
    let identifier = id::uuid();
    let shutdown = registration.events.iter().any(|event| event == "SHUTDOWN");
    process.extensions().insert(identifier.clone(), shutdown);
    let settings = &process.queue.settings;
    let mut response = json_response(
        StatusCode::OK,
        &json!({
            "accountId": settings.account,
            "functionName": settings.name,
            "functionVersion": "$LATEST",
            "handler": "bootstrap",
        }),
    );
    if let Ok(identifier) = HeaderValue::from_str(&identifier) {
        response.headers_mut().insert(IDENTIFIER, identifier);
    }
    response
}

async fn next(process: &ProcessState, shutdown: bool) -> RuntimeResponse {
    let mut phase = process.phase.subscribe();
    // `process` owns the sender, so the wait cannot fail.
    let _ = phase.wait_for(|phase| *phase == Phase::Shutdown).await;
    if !shutdown {
        pending::<()>().await;
    }
    let deadline = SystemTime::now() + SHUTDOWN_GRACE;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let event = json!({
        "eventType": "SHUTDOWN",
        "shutdownReason": "spindown",
        "deadlineMs": deadline.as_millis() as u64,
    });
    json_response(StatusCode::OK, &event)
}

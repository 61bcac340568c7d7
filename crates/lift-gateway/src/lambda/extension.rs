//! The Extensions API, as far as a process needs it to be told that it will end.
//!
//! INVOKE events are not sent: an extension that waits for them only waits. SHUTDOWN goes to those
//! that registered for it.

use std::{future::pending, time::SystemTime};

use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::{
    process::{Phase, ProcessState},
    response::{Answer, accepted, fault, json_answer},
};
use crate::{
    id,
    limits::{REPORT_BYTES, SHUTDOWN_GRACE},
};

const IDENTIFIER: &str = "lambda-extension-identifier";

pub(super) async fn dispatch(
    room: &ProcessState,
    path: &[&str],
    request: Request<Incoming>,
) -> Answer {
    if let (&Method::POST, ["register"]) = (request.method(), path) {
        return register(room, request).await;
    }
    let identifier = request.headers().get(IDENTIFIER).and_then(|id| id.to_str().ok());
    let Some(shutdown) = identifier.and_then(|id| room.wants_shutdown(id)) else {
        let message = "The extension is not registered";
        return fault(StatusCode::FORBIDDEN, "Extension.UnknownExtensionIdentifier", message);
    };
    match (request.method(), path) {
        (&Method::GET, ["event", "next"]) => next(room, shutdown).await,
        (&Method::POST, ["init" | "exit", "error"]) => accepted(true),
        _ => fault(StatusCode::NOT_FOUND, "NotFound", "The Extensions API has no such path"),
    }
}

async fn register(room: &ProcessState, request: Request<Incoming>) -> Answer {
    #[derive(Deserialize)]
    struct Registration {
        #[serde(default)]
        events: Vec<String>,
    }
    let body = Limited::new(request.into_body(), REPORT_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(registration) = serde_json::from_slice::<Registration>(&body) else {
        let message = "The body is not a registration";
        return fault(StatusCode::BAD_REQUEST, "InvalidRequestFormat", message);
    };
    let identifier = id::uuid();
    let shutdown = registration.events.iter().any(|event| event == "SHUTDOWN");
    room.extensions().insert(identifier.clone(), shutdown);
    let settings = &room.queue.settings;
    let mut answer = json_answer(
        StatusCode::OK,
        &json!({
            "accountId": settings.account,
            "functionName": settings.name,
            "functionVersion": "$LATEST",
            "handler": "bootstrap",
        }),
    );
    if let Ok(identifier) = HeaderValue::from_str(&identifier) {
        answer.headers_mut().insert(IDENTIFIER, identifier);
    }
    answer
}

async fn next(room: &ProcessState, shutdown: bool) -> Answer {
    let mut phase = room.phase.subscribe();
    // The sender is in the room, so the wait cannot fail.
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
    json_answer(StatusCode::OK, &event)
}

//! Invokes a function again with an event, unchanged or edited. Its posts reach clients; its reply goes
//! only to the page.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    error::PageError,
    record::{EntryKind, Record},
    state::InspectorState,
};

/// The event to replay.
#[derive(Debug, Deserialize)]
pub(crate) struct ReplayRequest {
    /// The number of the event's entry.
    entry: u64,
    /// The edited event. Where it has the mask, the original value is used.
    event: Option<String>,
}

/// Invokes the function with the event, and returns the entries of both.
pub(crate) async fn replay(
    State(state): State<Arc<InspectorState>>,
    Json(request): Json<ReplayRequest>,
) -> Result<Response, PageError> {
    let entry = state.entry(request.entry)?;
    let refuse = |message| Err(PageError::new(StatusCode::BAD_REQUEST, message));
    if entry.record.kind != EntryKind::Event {
        return refuse("only an event can be replayed");
    }
    if entry.record.connection.is_none() {
        return refuse("this event is not of a connection: repeat it with `lift invoke`");
    }
    let Some(route) = &entry.record.route else {
        return refuse("an authorizer's event cannot be replayed: connect a client again");
    };
    let payload = match request.event {
        None => entry.record.data.clone(),
        Some(edited) => {
            let original = String::from_utf8_lossy(&entry.record.data);
            let event = state.mask.restore(&edited, &original);
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&event) {
                let message = format!("the event is not JSON: {error}");
                return Err(PageError::new(StatusCode::BAD_REQUEST, message));
            }
            Bytes::from(event)
        }
    };
    let handle = state.handle()?.clone();
    let event = state.ring().push(Record::replayed(&entry.record, payload.clone()));
    let start = Instant::now();
    let outcome = handle.invoke(route, payload).await;
    let answer = Record::reply(
        SystemTime::now(),
        start.elapsed(),
        &outcome.result,
        outcome.error().as_ref(),
    );
    let reply = state.ring().push(answer.in_reply_to(event, &entry.record));
    let (event, reply) = (state.entry(event)?, state.entry(reply)?);
    let (event, reply) = (state.preview(&event), state.whole(&reply));
    Ok(Json(json!({ "event": event, "reply": reply })).into_response())
}

//! The operations of the page on a connection.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use lift_event::limits::MESSAGE_BYTES;
use serde::Deserialize;

use crate::{
    error::{PageError, connection_id},
    state::InspectorState,
};

/// A message.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    text: String,
}

/// How far a clock is advanced.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    seconds: u32,
}

type OperationResult = Result<StatusCode, PageError>;

/// Handles a message as if the client had sent it.
pub(crate) async fn send(
    State(state): State<Arc<InspectorState>>,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> OperationResult {
    let text = checked(message)?;
    done(state.handle()?.receive(connection_id(&name)?, &text))
}

/// Sends a message to the client, as a backend does.
pub(crate) async fn post(
    State(state): State<Arc<InspectorState>>,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> OperationResult {
    let text = checked(message)?;
    done(state.handle()?.post(connection_id(&name)?, text.into()))
}

/// Closes the connection.
pub(crate) async fn disconnect(
    State(state): State<Arc<InspectorState>>,
    Path(name): Path<String>,
) -> OperationResult {
    done(state.handle()?.disconnect(connection_id(&name)?))
}

/// Advances the connection's clock.
pub(crate) async fn advance(
    State(state): State<Arc<InspectorState>>,
    Path(name): Path<String>,
    Json(Step { seconds }): Json<Step>,
) -> OperationResult {
    let by = Duration::from_secs(seconds.into());
    done(state.handle()?.advance(connection_id(&name)?, by))
}

/// The text of a message, unless it is too long.
pub(crate) fn checked(Message { text }: Message) -> Result<String, PageError> {
    match text.len() {
        ..=MESSAGE_BYTES => Ok(text),
        long => {
            let message =
                format!("a message has {MESSAGE_BYTES} bytes at most, and this one {long}");
            Err(PageError::new(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
    }
}

fn done(result: Result<(), lift_gateway::HandleError>) -> OperationResult {
    Ok(result.map(|()| StatusCode::NO_CONTENT)?)
}

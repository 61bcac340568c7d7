//! What somebody at the page does to a connection.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use lift_event::limits::MESSAGE_BYTES;
use serde::Deserialize;

use super::{
    Inspector,
    failure::{Failure, id},
};

/// A message.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    text: String,
}

/// How far a clock is moved.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    seconds: u32,
}

type Done = Result<StatusCode, Failure>;

/// Sends as the client.
pub(crate) async fn send(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> Done {
    let text = short_enough(message)?;
    done(inspector.handle()?.receive(id(&name)?, &text))
}

/// Posts as the backend.
pub(crate) async fn post(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> Done {
    let text = short_enough(message)?;
    done(inspector.handle()?.post(id(&name)?, text.into()))
}

/// Closes the connection.
pub(crate) async fn disconnect(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
) -> Done {
    done(inspector.handle()?.disconnect(id(&name)?))
}

/// Moves the connection's clock forward.
pub(crate) async fn advance(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
    Json(Step { seconds }): Json<Step>,
) -> Done {
    let by = Duration::from_secs(seconds.into());
    done(inspector.handle()?.advance(id(&name)?, by))
}

fn short_enough(Message { text }: Message) -> Result<String, Failure> {
    match text.len() {
        ..=MESSAGE_BYTES => Ok(text),
        long => {
            let words = format!("a message has {MESSAGE_BYTES} bytes at most, and this one {long}");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words))
        }
    }
}

fn done(result: Result<(), lift_gateway::HandleError>) -> Done {
    Ok(result.map(|()| StatusCode::NO_CONTENT)?)
}

//! An event once more, as it was or edited. The function really runs: what it posts arrives. Its reply
//! goes to the page alone.

use std::time::SystemTime;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Inspector,
    entry::{Kind, Note},
    failure::Failure,
};

/// Which event, and what it shall be.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    /// The number of the event's entry.
    entry: u64,
    /// The event as it was edited, if it was. Where it has the mask, the original counts.
    event: Option<String>,
}

/// Invokes the function with the event, and answers with the entry of the reply.
pub(crate) async fn replay(
    State(inspector): State<Inspector>,
    Json(wish): Json<Wish>,
) -> Result<Response, Failure> {
    let entry = inspector.kept(wish.entry)?;
    let refuse = |words| Err(Failure::new(StatusCode::BAD_REQUEST, words));
    if entry.note.kind != Kind::Event {
        return refuse("only an event can be replayed");
    }
    let Some(route) = &entry.note.route else {
        return refuse("an authorizer's event cannot be replayed: connect a client anew");
    };
    let payload = match wish.event {
        None => entry.note.data.clone(),
        Some(edited) => {
            let original = String::from_utf8_lossy(&entry.note.data);
            let event = inspector.0.mask.restore(&edited, &original);
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&event) {
                let words = format!("the event is not JSON: {error}");
                return Err(Failure::new(StatusCode::BAD_REQUEST, words));
            }
            Bytes::from(event)
        }
    };
    let handle = inspector.handle()?.clone();
    let event = inspector.ring().push(Note::replayed(&entry.note, payload.clone()));
    let start = Instant::now();
    let result = handle.invoke(route, payload).await;
    let answer = Note::answer(SystemTime::now(), start.elapsed(), &result);
    let reply = inspector.ring().push(answer.to(event, &entry.note));
    Ok(Json(inspector.kept(reply)?.whole(&inspector.0.mask)).into_response())
}

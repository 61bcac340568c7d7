//! Answers of the Runtime and Extensions APIs: JSON in memory, and events that come back when the
//! process has gone before it read them.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Value, json};

use super::process::ProcessState;

pub(super) type Answer = Response<Reply>;

pub(super) fn accepted(known: bool) -> Answer {
    match known {
        true => json_answer(StatusCode::ACCEPTED, &json!({ "status": "OK" })),
        false => fault(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
    }
}

pub(super) fn fault(status: StatusCode, kind: &str, message: &str) -> Answer {
    json_answer(status, &json!({ "errorType": kind, "errorMessage": message }))
}

pub(super) fn json_answer(status: StatusCode, value: &Value) -> Answer {
    let data = Some(value.to_string().into());
    let mut answer = Answer::new(Reply { data, unread: None });
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// A body in memory. If it is an event, and the HTTP library drops it without having asked for its
/// bytes, the process has gone, and the event goes back to the queue.
pub(super) struct Reply {
    data: Option<Bytes>,
    unread: Option<Unread>,
}

struct Unread {
    room: Arc<ProcessState>,
    id: String,
}

impl Reply {
    /// An event for a process.
    pub(super) fn event(room: Arc<ProcessState>, id: String, payload: Bytes) -> Self {
        // A body without bytes is never asked for, so it would look as if it had not gone out.
        let unread = (!payload.is_empty()).then_some(Unread { room, id });
        Self { data: Some(payload), unread }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.unread = None;
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(Unread { room, id }) = self.unread.take() {
            room.put_back(&id);
        }
    }
}

//! Responses of the Runtime and Extensions APIs: JSON, and events, which return to the queue if the
//! process exits before it reads them.

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

pub(super) type RuntimeResponse = Response<EventBody>;

pub(super) fn accepted(known: bool) -> RuntimeResponse {
    match known {
        true => json_response(StatusCode::ACCEPTED, &json!({ "status": "OK" })),
        false => error_response(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
    }
}

pub(super) fn error_response(status: StatusCode, kind: &str, message: &str) -> RuntimeResponse {
    json_response(status, &json!({ "errorType": kind, "errorMessage": message }))
}

pub(super) fn json_response(status: StatusCode, value: &Value) -> RuntimeResponse {
    let data = Some(value.to_string().into());
    let mut response = RuntimeResponse::new(EventBody { data, unread: None });
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// A body in memory. If the HTTP library drops an event's body without reading it, the process has gone,
/// and the event returns to the queue.
pub(super) struct EventBody {
    data: Option<Bytes>,
    unread: Option<Unread>,
}

struct Unread {
    process: Arc<ProcessState>,
    id: String,
}

impl EventBody {
    /// An event for a process.
    pub(super) fn event(process: Arc<ProcessState>, id: String, payload: Bytes) -> Self {
        // The HTTP library never reads an empty body, so it would seem unread.
        let unread = (!payload.is_empty()).then_some(Unread { process, id });
        Self { data: Some(payload), unread }
    }
}

impl Body for EventBody {
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

impl Drop for EventBody {
    fn drop(&mut self) {
        if let Some(Unread { process, id }) = self.unread.take() {
            process.put_back(&id);
        }
    }
}

//! Exports entries as a recording, the file that `lift replay` reads. Its secrets are masked, like those of
//! the pages.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{StatusCode, header};
use lift_gateway::{GatewayEvent, GatewayEventKind, InvokeError, MessageSource, OutcomeError};
use serde::Deserialize;

use crate::{
    error::PageError,
    mask::Mask,
    record::{EntryKind, Record},
    state::InspectorState,
};

/// The numbers of the entries to export.
#[derive(Debug, Deserialize)]
pub(crate) struct Export {
    entries: Vec<u64>,
}

/// The recording of the entries that are still in memory.
pub(crate) async fn export(
    State(state): State<Arc<InspectorState>>,
    Json(Export { mut entries }): Json<Export>,
) -> Result<Response, PageError> {
    let Some(write) = &state.attached()?.write_recording else {
        return Err(PageError::new(StatusCode::NOT_FOUND, "this program writes no recordings"));
    };
    entries.sort_unstable();
    entries.dedup();
    let kept: Vec<_> = {
        let ring = state.ring();
        entries.into_iter().filter_map(|number| ring.get(number)).collect()
    };
    let event = |record: &Record| Some((record.at, masked_event(record, &state.mask)?));
    let events = kept.iter().filter_map(|entry| event(&entry.record)).collect();
    let text = write(events).map_err(|error| {
        PageError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("not exported: {error}"))
    })?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response())
}

/// The gateway's event of which the record was kept. `None`: it has none, as a line of a log.
fn masked_event(record: &Record, mask: &Mask) -> Option<GatewayEvent> {
    let data = || Bytes::from(mask.text(&String::from_utf8_lossy(&record.data)));
    let sent = |source| GatewayEventKind::Sent { data: data(), source };
    let kind = match record.kind {
        EntryKind::Event => GatewayEventKind::Invoked {
            invocation: record.invocation?,
            route: record.route.clone(),
            payload: data(),
        },
        EntryKind::Reply => GatewayEventKind::Answered {
            invocation: record.invocation?,
            took: record.took.unwrap_or(Duration::ZERO),
            result: match &record.failure {
                None => Ok(data()),
                Some(failure) => Err(masked_failure(failure, mask)),
            },
            error: record
                .error
                .clone()
                .map(|error| OutcomeError { message: mask.text(&error.message), ..error }),
        },
        EntryKind::Open => GatewayEventKind::Opened(record.client.clone()?),
        EntryKind::In => GatewayEventKind::Received { data: data(), binary: record.failed },
        EntryKind::Out => sent(MessageSource::Reply),
        EntryKind::Error => sent(MessageSource::Error),
        EntryKind::Post => sent(MessageSource::Post),
        EntryKind::Close => GatewayEventKind::Closed {
            code: record.code?,
            reason: record.note.clone().unwrap_or_default(),
        },
        EntryKind::Refused | EntryKind::Failed | EntryKind::Call | EntryKind::Log => return None,
    };
    Some(GatewayEvent::new(record.connection?, kind))
}

fn masked_failure(failure: &InvokeError, mask: &Mask) -> InvokeError {
    match failure.function_error() {
        Some((kind, message)) => InvokeError::function(kind, mask.text(message)),
        None => failure.clone(),
    }
}

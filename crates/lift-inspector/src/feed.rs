//! The timeline as Server-Sent Events: batches of new entries. A slow page gets the number of entries that
//! it missed; nothing is buffered for it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{entry::EntryView, error::PageError, state::InspectorState};

/// How often a page gets a batch.
const INTERVAL: Duration = Duration::from_millis(100);

/// The most entries of a batch, so that a page draws it quickly.
const MAX_BATCH: usize = 500;

/// How many past entries a new page gets.
const INITIAL_ENTRIES: u64 = 2_000;

/// How long a page waits before it reconnects.
const RETRY: Duration = Duration::from_secs(1);

/// Where a page starts.
#[derive(Debug, Deserialize)]
pub(crate) struct FeedStart {
    after: Option<u64>,
}

/// The entries as they come.
pub(crate) async fn feed(
    State(state): State<Arc<InspectorState>>,
    Query(FeedStart { after }): Query<FeedStart>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let next = state.ring().next();
    let run = state.run.clone();
    // A browser that reconnects sends where it was, perhaps in an earlier run of the program.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.split_once('-'));
    let last = last.filter(|(of, _)| *of == run).and_then(|(_, number)| number.parse().ok());
    let from = last.or(after).unwrap_or_else(|| next.saturating_sub(INITIAL_ENTRIES)).min(next);
    let stage = state.attached().ok().map(|attached| &*attached.stage);
    let hello = json!({ "run": run, "app": state.app, "stage": stage, "next": from });
    let hello = Event::default().event("hello").retry(RETRY).data(hello.to_string());

    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reader = Reader { state, run, from, ticks };
    let batches = stream::unfold(reader, async |mut reader| Some((reader.next().await?, reader)));
    let first = stream::iter([Ok(hello)]);
    Sse::new(stream::StreamExt::chain(first, batches)).keep_alive(KeepAlive::default())
}

/// One reader of the feed.
struct Reader {
    state: Arc<InspectorState>,
    run: String,
    from: u64,
    ticks: Interval,
}

impl Reader {
    /// Waits for new entries and returns them. `None`: the program ends.
    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        loop {
            tokio::select! {
                biased;
                () = self.state.stop.cancelled() => return None,
                _ = self.ticks.tick() => {}
            }
            let batch = self.state.ring().read(self.from, MAX_BATCH);
            if batch.next == self.from {
                continue;
            }
            self.from = batch.next;
            let entries: Vec<EntryView<'_>> =
                batch.entries.iter().map(|entry| self.state.preview(entry)).collect();
            let data = json!({ "missed": batch.missed, "next": batch.next, "entries": entries });
            let id = format!("{}-{}", self.run, batch.next);
            return Some(Ok(Event::default().event("entries").id(id).data(data.to_string())));
        }
    }
}

/// One entry with all of its payload.
pub(crate) async fn entry(
    State(state): State<Arc<InspectorState>>,
    Path(number): Path<u64>,
) -> Result<Response, PageError> {
    let entry = state.entry(number)?;
    Ok(Json(state.whole(&entry)).into_response())
}

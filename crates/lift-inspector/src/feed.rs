//! The timeline as Server-Sent Events: what is new, a batch at a time. A page that cannot follow is
//! told how many entries it missed; nothing is kept for it.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Inspector, entry::Shown, failure::Failure};

/// How often a page is told.
const EVERY: Duration = Duration::from_millis(100);

/// A batch's largest number of entries, so that none takes long to draw.
const BATCH: usize = 500;

/// A page that comes new gets so many of the past.
const PAST: u64 = 2_000;

/// How long a page waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// Where a page starts.
#[derive(Debug, Deserialize)]
pub(crate) struct From {
    after: Option<u64>,
}

/// The entries as they come.
pub(crate) async fn feed(
    State(inspector): State<Inspector>,
    Query(From { after }): Query<From>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let next = inspector.ring().next();
    let run = inspector.0.run.clone();
    // A browser that lost the feed says where it was, perhaps of an earlier run of the program.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.split_once('-'));
    let last = last.filter(|(of, _)| *of == run).and_then(|(_, number)| number.parse().ok());
    let from = last.or(after).unwrap_or_else(|| next.saturating_sub(PAST)).min(next);
    let hello = json!({ "run": run, "app": inspector.0.app, "next": from });
    let hello = Event::default().event("hello").retry(RETRY).data(hello.to_string());

    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reader = Reader { inspector, run, from, ticks };
    let batches = stream::unfold(reader, async |mut reader| Some((reader.next().await?, reader)));
    let first = stream::iter([Ok(hello)]);
    Sse::new(stream::StreamExt::chain(first, batches)).keep_alive(KeepAlive::default())
}

/// Somebody who reads the feed.
struct Reader {
    inspector: Inspector,
    run: String,
    from: u64,
    ticks: Interval,
}

impl Reader {
    /// The next batch, when there is something new; `None` when the program ends.
    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        loop {
            tokio::select! {
                biased;
                () = self.inspector.0.stop.cancelled() => return None,
                _ = self.ticks.tick() => {}
            }
            let batch = self.inspector.ring().read(self.from, BATCH);
            if batch.next == self.from {
                continue;
            }
            self.from = batch.next;
            let mask = &self.inspector.0.mask;
            let entries: Vec<Shown<'_>> =
                batch.entries.iter().map(|entry| entry.preview(mask)).collect();
            let data = json!({ "missed": batch.missed, "next": batch.next, "entries": entries });
            let id = format!("{}-{}", self.run, batch.next);
            return Some(Ok(Event::default().event("entries").id(id).data(data.to_string())));
        }
    }
}

/// One entry with all of its payload.
pub(crate) async fn entry(
    State(inspector): State<Inspector>,
    Path(number): Path<u64>,
) -> Result<Response, Failure> {
    let entry = inspector.kept(number)?;
    Ok(Json(entry.whole(&inspector.0.mask)).into_response())
}

impl Inspector {
    /// An entry, if it is still kept.
    pub(crate) fn kept(&self, number: u64) -> Result<std::sync::Arc<super::entry::Entry>, Failure> {
        let words = "this entry is kept no more: newer ones took its place";
        self.ring().get(number).ok_or_else(|| Failure::new(StatusCode::GONE, words))
    }
}

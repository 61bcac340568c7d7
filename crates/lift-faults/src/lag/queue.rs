//! The changes that a copy does not have yet, each with its due time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use tokio::{
    sync::{Notify, oneshot, watch},
    time::{Instant, sleep_until},
};

use crate::upstream::SharedUpstream;

/// The queued changes.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    more: Notify,
    left: watch::Sender<usize>,
}

#[derive(Default)]
struct Waiting {
    /// By due time, then by arrival.
    changes: BTreeMap<(Instant, u64), Change>,
    arrived: u64,
    /// When the last queued change of each item is due.
    last: HashMap<String, Instant>,
}

struct Change {
    item: String,
    request: Request<Bytes>,
    done: Option<oneshot::Sender<()>>,
}

impl Queue {
    /// Waits until the queue is empty.
    pub(super) async fn empty(&self) {
        // `self` owns the sender, so the wait cannot fail.
        let _ = self.left.subscribe().wait_for(|left| *left == 0).await;
    }

    /// Queues a change. If it is due at once, the returned channel signals when it is applied.
    pub(super) fn add(
        &self,
        item: String,
        request: Request<Bytes>,
        lag: Duration,
    ) -> Option<oneshot::Receiver<()>> {
        let now = Instant::now();
        let mut state = self.state();
        let due = state.last.get(&item).copied().unwrap_or(now).max(now + lag);
        let (done, made) = oneshot::channel();
        let (done, made) = if due == now { (Some(done), Some(made)) } else { (None, None) };
        state.arrived += 1;
        let place = (due, state.arrived);
        state.last.insert(item.clone(), due);
        state.changes.insert(place, Change { item, request, done });
        self.left.send_modify(|left| *left += 1);
        self.more.notify_one();
        made
    }

    /// The next change if it is due; otherwise the time when it is.
    fn take(&self) -> Result<Change, Option<Instant>> {
        let mut state = self.state();
        let Some(first) = state.changes.first_entry() else { return Err(None) };
        let (due, _) = *first.key();
        if due > Instant::now() {
            return Err(Some(due));
        }
        let change = first.remove();
        if state.last.get(&change.item) == Some(&due) {
            state.last.remove(&change.item);
        }
        Ok(change)
    }

    fn state(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Applies each change when it is due, one after the other.
pub(super) async fn apply(queue: Arc<Queue>, upstream: SharedUpstream) {
    loop {
        match queue.take() {
            Ok(Change { request, done, .. }) => {
                let made = upstream.call(request).await;
                if !made.as_ref().is_ok_and(|response| response.status().is_success()) {
                    tracing::warn!(?made, "a lagging copy missed a write");
                }
                queue.left.send_modify(|left| *left -= 1);
                if let Some(done) = done {
                    let _ = done.send(());
                }
            }
            Err(due) => {
                let more = queue.more.notified();
                match due {
                    Some(due) => tokio::select! {
                        () = more => {}
                        () = sleep_until(due) => {}
                    },
                    None => more.await,
                }
            }
        }
    }
}

//! The changes that a copy has not seen yet, each with the time when it will.

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

use crate::upstream::Shared;

/// The changes to come.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
    more: Notify,
    left: watch::Sender<usize>,
}

#[derive(Default)]
struct Waiting {
    /// By time, and by arrival among those of one time.
    changes: BTreeMap<(Instant, u64), Change>,
    arrived: u64,
    /// When the last change of each item that has one to come is due.
    last: HashMap<String, Instant>,
}

struct Change {
    item: String,
    request: Request<Bytes>,
    done: Option<oneshot::Sender<()>>,
}

impl Queue {
    /// Waits until there is nothing to come.
    pub(super) async fn empty(&self) {
        // The sender is here, so the wait cannot fail.
        let _ = self.left.subscribe().wait_for(|left| *left == 0).await;
    }

    /// Queues a change; what it returns tells when it is made, if that is due at once.
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

    /// The next change if it is due, or when the next one is.
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

/// Makes each change when it is due, one after the other.
pub(super) async fn apply(queue: Arc<Queue>, upstream: Shared) {
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

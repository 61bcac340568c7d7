//! Clients that read too slowly. API Gateway answers 429 for them as it does for a busy account
//! ([R-6.17]), so they are told apart here, and left alone for a while.

use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::ConnectionId;

/// How many slow readers a process remembers.
const REMEMBERED: usize = 10_000;

/// How long a slow reader is left alone. Its buffer empties meanwhile, or API Gateway closes it.
const LEFT_ALONE: Duration = Duration::from_secs(5);

/// The slow readers that a process knows.
pub(crate) struct SlowReaders(Cache<ConnectionId, Instant>);

impl SlowReaders {
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    pub(super) fn note(&self, id: &ConnectionId) {
        self.0.insert(id.clone(), Instant::now() + LEFT_ALONE);
    }

    pub(super) fn has(&self, id: &ConnectionId) -> bool {
        match self.0.get(id) {
            Some(until) if Instant::now() < until => true,
            Some(_) => {
                self.0.remove(id);
                false
            }
            None => false,
        }
    }
}

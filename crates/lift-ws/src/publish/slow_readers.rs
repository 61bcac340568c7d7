//! Clients that read too slowly. API Gateway answers a post to them with 429, as it does for an account
//! over its rate ([R-6.17]). A send recognizes them and skips them for a while.

use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::ConnectionId;

/// How many slow readers a process remembers.
const CAPACITY: usize = 10_000;

/// How long a slow reader is skipped. Meanwhile its buffer empties, or API Gateway closes it.
const SKIP_TIME: Duration = Duration::from_secs(5);

/// The slow readers that a process has found, each with the moment until which it is skipped.
pub(crate) struct SlowReaders(Cache<ConnectionId, Instant>);

impl SlowReaders {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    pub(super) fn insert(&self, id: &ConnectionId) {
        self.0.insert(id.clone(), Instant::now() + SKIP_TIME);
    }

    pub(super) fn contains(&self, id: &ConnectionId) -> bool {
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

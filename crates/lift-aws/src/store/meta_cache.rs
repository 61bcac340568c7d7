//! What a process knows of META: read once a minute at most, by one task at a time, and kept for a
//! while when it cannot be read.

use std::sync::{Arc, PoisonError, RwLock};

use lift_ws::{push::Endpoint, store::StoreError};
use tokio::sync::Mutex;

use super::{
    DynamoStore, Item,
    error::{cause, foreign},
    item::string,
    meta::{self, Meta},
    shards::HOLD,
};

/// How long it is not read again, in seconds.
const FRESH: u64 = 60;

/// How old it may be when it cannot be read, in seconds. Writers may use a new shard count when it is
/// [`HOLD`] old: a reader that knows less than that could miss connections.
const USABLE: u64 = HOLD - 30;

/// How long to wait after a read that failed, or that looked for an endpoint, in seconds.
const PAUSE: u64 = 5;

/// What this process knows of META.
#[derive(Debug, Default)]
pub(super) struct Known {
    now: RwLock<State>,
    /// Held while it is read, so that one task does.
    reading: Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct State {
    meta: Option<Arc<Meta>>,
    /// When it was read, failed to be read, and looked through for an endpoint, in seconds. Wall-clock
    /// time, because a frozen environment does not see the other pass.
    read: u64,
    failed: u64,
    sought: u64,
}

impl State {
    fn within(&self, seconds: u64, now: u64) -> Option<Arc<Meta>> {
        let age = now.checked_sub(self.read)?;
        self.meta.clone().filter(|_| age < seconds)
    }
}

impl Known {
    fn state(&self) -> State {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.now.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl DynamoStore {
    /// META, at most a minute old; older, when it cannot be read.
    pub(super) async fn meta(&self) -> Result<Arc<Meta>, StoreError> {
        let now = self.now_seconds();
        let state = self.meta.state();
        if let Some(meta) = state.within(FRESH, now) {
            return Ok(meta);
        }
        let usable = state.within(USABLE, now);
        let _reading = match (self.meta.reading.try_lock(), &usable) {
            (Ok(reading), _) => reading,
            (Err(_), Some(old)) => return Ok(Arc::clone(old)),
            (Err(_), None) => self.meta.reading.lock().await,
        };
        let state = self.meta.state();
        if let Some(meta) = state.within(FRESH, now) {
            return Ok(meta);
        }
        match usable {
            Some(old) if now.abs_diff(state.failed) < PAUSE => return Ok(old),
            // The task that this one waited for did not succeed, and the time of both is up.
            None if state.failed > now => return Err(StoreError::failed("META cannot be read")),
            _ => {}
        }
        let read = self.read_meta().await;
        let Err(error) = read else { return read };
        self.meta.change(|state| state.failed = self.now_seconds());
        let Some(old) = usable else { return Err(error) };
        tracing::warn!(cause = cause(&error), "META cannot be read: using an old one");
        Ok(old)
    }

    /// META and the short id of an endpoint, which is in it.
    pub(super) async fn meta_with(
        &self,
        endpoint: &Endpoint,
    ) -> Result<(Arc<Meta>, String), StoreError> {
        let env = meta::short_id(endpoint);
        let mut meta = self.meta().await?;
        if meta.endpoint(&env).is_none() {
            let update = self
                .update_meta(", #env = if_not_exists(#env, :env)")
                .expression_attribute_names("#env", meta::endpoint_attribute(&env))
                .expression_attribute_values(":env", string(endpoint.as_str()));
            meta = self.changed_meta(update).await?;
        }
        match meta.endpoint(&env) {
            Some(stored) if stored == endpoint => Ok((meta, env)),
            // One in a billion pairs: the id is 30 bits.
            other => Err(StoreError::failed(format!(
                "the endpoints {endpoint} and {other:?} have the same short id {env}: give one of \
                 them a table of its own"
            ))),
        }
    }

    /// META with an endpoint that the known one lacks: another process added it just now. Looked for
    /// once in some seconds.
    pub(super) async fn meta_naming(&self, env: &str) -> Result<Arc<Meta>, StoreError> {
        let _reading = self.meta.reading.lock().await;
        let now = self.now_seconds();
        let state = self.meta.state();
        let known = state.meta.filter(|meta| meta.endpoint(env).is_some());
        if let Some(meta) = known {
            return Ok(meta);
        }
        if now.abs_diff(state.sought) >= PAUSE {
            self.meta.change(|state| state.sought = now);
            let meta = self.read_meta().await?;
            if meta.endpoint(env).is_some() {
                return Ok(meta);
            }
        }
        Err(StoreError::failed(format!(
            "a connection in the list has the endpoint id {env}, which the table's META row does \
             not name: was it changed by hand?"
        )))
    }

    /// What it said is as old as the question.
    pub(super) fn learn(&self, item: &Item, asked: u64) -> Result<Arc<Meta>, StoreError> {
        let meta = Meta::read(item).map(Arc::new);
        let meta = meta.ok_or_else(|| foreign("its META row is not what Lift writes"))?;
        self.meta.change(|state| {
            state.meta = Some(Arc::clone(&meta));
            state.read = asked;
        });
        Ok(meta)
    }
}

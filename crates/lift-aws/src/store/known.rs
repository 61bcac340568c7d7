//! What a process knows of META: read once a minute at most, by one task at a time, and kept for a
//! while when it cannot be read.

use std::sync::{Arc, PoisonError, RwLock};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue,
};
use lift_ws::{Endpoint, store::StoreError};
use tokio::sync::Mutex;

use super::{
    DynamoStore, Item,
    error::{Failure, cause, foreign},
    item::{self, number, string, text},
    keys,
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

/// How many items tell whose table it is, when META is not there yet.
const LOOKED_AT: i32 = 25;

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

    async fn read_meta(&self) -> Result<Arc<Meta>, StoreError> {
        let asked = self.now_seconds();
        let get = self.client.get_item().table_name(&self.table).set_key(Some(keys::of_meta()));
        // Consistent: an endpoint is looked for as soon as its first connection is listed.
        let found = get.consistent_read(true).send().await.map_err(Failure::from)?;
        match found.item {
            Some(found) => self.learn(&found, asked),
            None => {
                self.refuse_another_layout().await?;
                Ok(self.changed_meta(self.update_meta("")).await?)
            }
        }
    }

    /// An update that makes META when it is missing, and sets something else.
    pub(super) fn update_meta(&self, also: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::of_meta()))
            .update_expression(format!("SET #shards = if_not_exists(#shards, :shards){also}"))
            .expression_attribute_names("#shards", "shards")
            .expression_attribute_values(":shards", number(self.shards.into()))
            .return_values(ReturnValue::AllNew)
    }

    pub(super) async fn changed_meta(
        &self,
        update: UpdateItemFluentBuilder,
    ) -> Result<Arc<Meta>, Failure> {
        let asked = self.now_seconds();
        let updated = update.send().await?;
        self.learn(&updated.attributes.unwrap_or_default(), asked).map_err(Failure::Other)
    }

    /// What it said is as old as the question.
    fn learn(&self, item: &Item, asked: u64) -> Result<Arc<Meta>, StoreError> {
        let meta = Meta::read(item).map(Arc::new);
        let meta = meta.ok_or_else(|| foreign("its META row is not what Lift writes"))?;
        self.meta.change(|state| {
            state.meta = Some(Arc::clone(&meta));
            state.read = asked;
        });
        Ok(meta)
    }

    /// A table without META is new, or another's. Needs the right `dynamodb:Scan`; without it, what
    /// is not Lift's is refused when it is met.
    async fn refuse_another_layout(&self) -> Result<(), StoreError> {
        let scan = self.client.scan().table_name(&self.table).limit(LOOKED_AT).send().await;
        let Ok(found) = scan else { return Ok(()) };
        let is_ours = |found: &Item| {
            let sort = text(found, "sk").unwrap_or_default();
            let is_item = sort.starts_with(keys::ITEMS) && found.contains_key("ttl");
            is_item || item::is_live(found) || found.contains_key("gone") || sort == "META"
        };
        match found.items().iter().find(|found| !is_ours(found)) {
            None => Ok(()),
            Some(other) => {
                let key = text(other, "pk").unwrap_or_default();
                Err(foreign(&format!("the item `{key}` was not written by this version")))
            }
        }
    }
}

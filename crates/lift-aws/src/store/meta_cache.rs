//! A process's copy of META: one task reads it at most once a minute, and an old copy serves for a
//! while when it cannot be read. The writes of META are here too: new endpoints, and more shards
//! for a list that DynamoDB throttles.

use std::sync::{Arc, PoisonError, RwLock};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue,
};
use lift_ws::{push::Endpoint, store::StoreError};
use tokio::sync::Mutex;

use super::{
    attributes::{
        AttributeMap, ENDED_AT, EXPIRES_AT, META_SHARDS, PARTITION_KEY, SORT_KEY, is_live,
    },
    encoding::{number, string, text},
    error::{RequestError, cause, other_layout},
    keys::{self, List},
    meta::{self, Meta},
    requests::TableClient,
    shards::{self, WRITER_DELAY_SECONDS},
};

/// How long a copy is used without reading META again, in seconds.
const FRESH_SECONDS: u64 = 60;

/// How old a copy may be when META cannot be read, in seconds. Writers use a new shard count once
/// it is [`WRITER_DELAY_SECONDS`] old: a reader with an older copy could miss connections.
const USABLE_SECONDS: u64 = WRITER_DELAY_SECONDS - 30;

/// How long to wait after a read that failed, or that looked for an endpoint, in seconds.
const RETRY_SECONDS: u64 = 5;

/// How many items of a table without META are looked at, to see whether Lift wrote them.
const SAMPLE_ITEMS: i32 = 25;

/// The copy of META. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct MetaCache {
    /// The shard count to write when META is missing.
    initial_shards: u32,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: RwLock<State>,
    /// Held during a read, so that only one task reads.
    reading: Mutex<()>,
}

/// The copy, and three times in seconds since 1970. They are wall-clock times, because the
/// monotonic clock stands still in a frozen execution environment.
#[derive(Clone, Debug, Default)]
struct State {
    meta: Option<Arc<Meta>>,
    read_at: u64,
    failed_at: u64,
    endpoint_looked_up_at: u64,
}

impl State {
    /// The copy if it is younger than this.
    fn younger_than(&self, seconds: u64, now: u64) -> Option<Arc<Meta>> {
        let age = now.checked_sub(self.read_at)?;
        self.meta.clone().filter(|_| age < seconds)
    }
}

impl MetaCache {
    pub(super) fn new() -> Self {
        Self { initial_shards: shards::DEFAULT_SHARDS, shared: Arc::default() }
    }

    pub(super) fn set_initial_shards(&mut self, shards: u32) {
        self.initial_shards = shards::rounded(shards);
    }

    /// META, at most a minute old; up to [`USABLE_SECONDS`] old when it cannot be read.
    pub(super) async fn current(&self, table: &TableClient) -> Result<Arc<Meta>, StoreError> {
        let now = table.now_seconds();
        let state = self.state();
        if let Some(meta) = state.younger_than(FRESH_SECONDS, now) {
            return Ok(meta);
        }
        let usable = state.younger_than(USABLE_SECONDS, now);
        let _reading = match (self.shared.reading.try_lock(), &usable) {
            (Ok(reading), _) => reading,
            (Err(_), Some(old)) => return Ok(Arc::clone(old)),
            (Err(_), None) => self.shared.reading.lock().await,
        };
        let state = self.state();
        if let Some(meta) = state.younger_than(FRESH_SECONDS, now) {
            return Ok(meta);
        }
        match usable {
            Some(old) if now.abs_diff(state.failed_at) < RETRY_SECONDS => return Ok(old),
            // The read that this task waited for failed, and took all the time that there was.
            None if state.failed_at > now => {
                return Err(StoreError::failed("META cannot be read"));
            }
            _ => {}
        }
        let read = self.read(table).await;
        let Err(error) = read else { return read };
        self.change(|state| state.failed_at = table.now_seconds());
        let Some(old) = usable else { return Err(error) };
        tracing::warn!(cause = cause(&error), "META cannot be read: an old copy is used");
        Ok(old)
    }

    /// META and the short id of an endpoint, which is added to META if it is missing.
    pub(super) async fn with_endpoint(
        &self,
        table: &TableClient,
        endpoint: &Endpoint,
    ) -> Result<(Arc<Meta>, String), StoreError> {
        let id = meta::short_id(endpoint);
        let mut meta = self.current(table).await?;
        if meta.endpoint(&id).is_none() {
            let update = self
                .update(table, ", #env = if_not_exists(#env, :env)")
                .expression_attribute_names("#env", meta::endpoint_attribute(&id))
                .expression_attribute_values(":env", string(endpoint.as_str()));
            meta = self.write(table, update).await?;
        }
        match meta.endpoint(&id) {
            Some(stored) if stored == endpoint => Ok((meta, id)),
            // One in a billion pairs: the id has 30 bits.
            other => Err(StoreError::failed(format!(
                "the endpoints {endpoint} and {other:?} have the same short id {id}: give one of \
                 them a table of its own"
            ))),
        }
    }

    /// META with the endpoint of a short id that the copy lacks, because another process has just
    /// added it. META is read for this at most once in [`RETRY_SECONDS`].
    pub(super) async fn with_endpoint_id(
        &self,
        table: &TableClient,
        id: &str,
    ) -> Result<Arc<Meta>, StoreError> {
        let _reading = self.shared.reading.lock().await;
        let now = table.now_seconds();
        let state = self.state();
        if let Some(meta) = state.meta.filter(|meta| meta.endpoint(id).is_some()) {
            return Ok(meta);
        }
        if now.abs_diff(state.endpoint_looked_up_at) >= RETRY_SECONDS {
            self.change(|state| state.endpoint_looked_up_at = now);
            let meta = self.read(table).await?;
            if meta.endpoint(id).is_some() {
                return Ok(meta);
            }
        }
        Err(StoreError::failed(format!(
            "a connection in the list has the endpoint id {id}, which the table's META row does \
             not contain: was it edited by hand?"
        )))
    }

    /// The store's error for a failed write to a list. If a shard of the list takes no more writes,
    /// the list is split into twice as many first.
    pub(super) async fn split_if_hot(
        &self,
        table: &TableClient,
        list: Option<&List>,
        error: RequestError,
    ) -> StoreError {
        if let (RequestError::HotShard(_), Some(list)) = (&error, list) {
            self.split(table, list).await;
        }
        error.into()
    }

    async fn split(&self, table: &TableClient, list: &List) {
        let Ok(meta) = self.current(table).await else { return };
        let Some(growth) = meta.growth(list, table.now_seconds()) else { return };
        let update = self
            .update(table, ", #list = :new")
            .expression_attribute_names("#list", growth.attribute)
            .expression_attribute_values(":new", growth.new);
        let update = match growth.old {
            None => update.condition_expression("attribute_not_exists(#list)"),
            Some(old) => {
                update.condition_expression("#list = :old").expression_attribute_values(":old", old)
            }
        };
        let (list, shards) = (list.name(), growth.shards);
        match self.write(table, update).await {
            Ok(_) => tracing::warn!(list, shards, "a throttled list is split into more shards"),
            Err(RequestError::ConditionFailed(_)) => {
                tracing::info!(list, "another process has split the list");
            }
            Err(RequestError::HotShard(error) | RequestError::Store(error)) => {
                tracing::warn!(list, cause = cause(&error), "a throttled list was not split");
            }
        }
    }

    async fn read(&self, table: &TableClient) -> Result<Arc<Meta>, StoreError> {
        let asked_at = table.now_seconds();
        // Consistent: an endpoint is needed as soon as its first connection is listed.
        let get = table.get_item(keys::meta_key()).consistent_read(true);
        match get.send().await.map_err(RequestError::from)?.item {
            Some(item) => self.keep(&item, asked_at),
            None => {
                refuse_other_layout(table).await?;
                Ok(self.write(table, self.update(table, "")).await?)
            }
        }
    }

    /// An update that creates META if it is missing, and also does what `also` says.
    fn update(&self, table: &TableClient, also: &str) -> UpdateItemFluentBuilder {
        table
            .update_item(keys::meta_key())
            .update_expression(format!("SET #shards = if_not_exists(#shards, :shards){also}"))
            .expression_attribute_names("#shards", META_SHARDS)
            .expression_attribute_values(":shards", number(self.initial_shards.into()))
            .return_values(ReturnValue::AllNew)
    }

    async fn write(
        &self,
        table: &TableClient,
        update: UpdateItemFluentBuilder,
    ) -> Result<Arc<Meta>, RequestError> {
        let asked_at = table.now_seconds();
        let item = update.send().await?.attributes.unwrap_or_default();
        self.keep(&item, asked_at).map_err(RequestError::Store)
    }

    /// Replaces the copy. It is as old as the request that returned it.
    fn keep(&self, item: &AttributeMap, asked_at: u64) -> Result<Arc<Meta>, StoreError> {
        let meta = Meta::decode(item).map(Arc::new);
        let meta = meta.ok_or_else(|| other_layout("its META row is not one that Lift writes"))?;
        self.change(|state| {
            state.meta = Some(Arc::clone(&meta));
            state.read_at = asked_at;
        });
        Ok(meta)
    }

    fn state(&self) -> State {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A table without META is new, or was not written by Lift. Telling these apart needs the
/// permission `dynamodb:Scan`; without it, an item of another layout is refused when it is read.
async fn refuse_other_layout(table: &TableClient) -> Result<(), StoreError> {
    let Ok(found) = table.scan().limit(SAMPLE_ITEMS).send().await else { return Ok(()) };
    match found.items().iter().find(|item| !is_of_lift(item)) {
        None => Ok(()),
        Some(other) => {
            let key = text(other, PARTITION_KEY).unwrap_or_default();
            Err(other_layout(&format!("this version of Lift did not write the item `{key}`")))
        }
    }
}

fn is_of_lift(item: &AttributeMap) -> bool {
    let sort_key = text(item, SORT_KEY).unwrap_or_default();
    let is_app_item = sort_key.starts_with(keys::ITEM_PREFIX) && item.contains_key(EXPIRES_AT);
    is_app_item || is_live(item) || item.contains_key(ENDED_AT) || sort_key == keys::META
}

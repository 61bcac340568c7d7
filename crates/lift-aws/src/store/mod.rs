//! The store on DynamoDB: one table, conditional writes, tombstones, sharded sparse indexes
//! ([S-0], [S-2.1]).
//!
//! ```text
//! Store -> rows, items, lists -> encoding, keys -> attributes: the stored format
//!                  |    '-> requests: one request to the table
//!                  '-> meta_cache -> meta: endpoints and shard counts, shared by all processes
//! ```

pub(crate) mod attributes;
mod encoding;
mod error;
mod items;
mod keys;
mod lists;
mod meta;
mod meta_cache;
mod requests;
mod rows;
mod shards;

use aws_sdk_dynamodb::Client;
use futures_util::future::BoxFuture;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    event::Timestamp,
    store::{
        Consistency, Item, ListKey, Page, Part, Position, Removed, Row, Saved, SignedIn, Store,
        StoreError,
    },
};
use serde_json::Value;

use crate::config::AwsConfig;
use meta_cache::MetaCache;
use requests::TableClient;

pub(crate) use keys::connection_of;

/// The most entries read for a page. DynamoDB ends a page at 1 MB, some 9,000 entries; the embedded
/// database reads ahead without a limit.
const PAGE: i32 = 5_000;

/// Keeps connections in a DynamoDB table. A clone shares the client and the copy of the table's
/// META row.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    table: TableClient,
    page: i32,
    meta: MetaCache,
}

impl DynamoStore {
    /// A store in a table that exists.
    #[must_use]
    pub fn new(config: &AwsConfig, table: impl Into<String>) -> Self {
        Self {
            table: TableClient::new(Client::new(config.sdk()), table.into()),
            page: PAGE,
            meta: MetaCache::new(),
        }
    }

    /// Splits each tenant's list into this many shards, rounded up to a power of two, at most 256.
    /// The default is 4. Only the first store that writes to a table decides; later, lists grow by
    /// themselves.
    ///
    /// A shard carries 500 connects and disconnects a second, and each read of a list asks every
    /// shard.
    #[must_use]
    pub fn with_shards(mut self, shards: u32) -> Self {
        self.meta.set_initial_shards(shards);
        self
    }

    /// Reads at most this many entries for a page, to test that callers follow pages.
    #[must_use]
    pub fn with_page(mut self, entries: i32) -> Self {
        self.page = entries.max(1);
        self
    }

    /// Replaces the system's clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.table.set_clock(now);
        self
    }
}

impl Store for DynamoStore {
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.put_row(row))
    }

    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Consistency,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(self.read_row(id, read))
    }

    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>> {
        Box::pin(self.put_tombstone(id))
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.put_tombstone_if_opened_before(id, opened_before))
    }

    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.update_attributes(id, attributes))
    }

    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>> {
        Box::pin(self.bind_user(id, user, tenant))
    }

    fn put_item<'a>(
        &'a self,
        row: &'a Row,
        item: &'a Item,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.put_app_item(row, item))
    }

    fn remove_item<'a>(
        &'a self,
        id: &'a ConnectionId,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.delete_item(id, key))
    }

    fn items<'a>(
        &'a self,
        id: &'a ConnectionId,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Item>, bool), StoreError>> {
        Box::pin(self.read_items(id, after))
    }

    fn parts<'a>(
        &'a self,
        list: &'a ListKey,
        min_parts: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        Box::pin(self.split_list(list, min_parts))
    }

    fn page<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(self.read_page(list, part, after))
    }

    fn count<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.count_part(list, part))
    }
}

//! The store on DynamoDB: one table, conditional saves, tombstones, sharded sparse indexes
//! (connection-store reference, sections 0 and 2).
//!
//! ```text
//! Store -> rows, items, lists: the requests -> encoding: attributes -> keys: where they stand
//!                  '-> meta_cache -> meta: endpoints and shard counts, shared by all processes
//! ```

mod clock;
mod encoding;
mod error;
mod forget;
mod grow;
mod items;
mod keys;
mod lists;
mod meta;
mod meta_cache;
mod rows;
mod shards;

use std::{collections::HashMap, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use futures_util::future::BoxFuture;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{
        self, Members, Page, Part, Position, Read, Removed, Row, Saved, SignedIn, Store, StoreError,
    },
};
use serde_json::Value;

use clock::Clock;

pub(crate) use keys::connection_of;

/// DynamoDB's word; the app's own are [`store::Item`]s.
type Item = HashMap<String, AttributeValue>;

/// The most entries read for a page. DynamoDB cuts at 1 MB, some 9,000 entries; the embedded engine
/// reads ahead without a limit.
const PAGE: i32 = 5_000;

/// Keeps connections in a DynamoDB table. Cloning shares the client, and what is known of the table.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    page: i32,
    shards: u32,
    clock: Clock,
    meta: Arc<meta_cache::Known>,
}

impl DynamoStore {
    /// A store in a table that exists.
    #[must_use]
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self::with_client(Client::new(config), table)
    }

    /// A store in a table that exists, reached by a client of your own.
    #[must_use]
    pub fn with_client(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            page: PAGE,
            shards: shards::DEFAULT,
            clock: Clock::system(),
            meta: Arc::default(),
        }
    }

    /// Cuts each tenant's list into this many shards, rounded up to a power of two, 256 at most: 4
    /// unless set. Only the first store in a table decides; later, lists grow by themselves.
    ///
    /// A shard carries 500 connects and disconnects a second, and each read of a list asks all.
    #[must_use]
    pub fn with_shards(mut self, shards: u32) -> Self {
        self.shards = shards::rounded(shards);
        self
    }

    /// Reads at most this many entries for a page, to test that pages are followed.
    #[must_use]
    pub fn with_page(mut self, entries: i32) -> Self {
        self.page = entries.max(1);
        self
    }

    /// Takes the time, in milliseconds since 1970, from somewhere else than the system.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    fn now_millis(&self) -> u64 {
        self.clock.millis()
    }

    fn now_seconds(&self) -> u64 {
        self.now_millis() / 1000
    }
}

impl Store for DynamoStore {
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.put_row(row))
    }

    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Read,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(self.read_row(id, read))
    }

    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>> {
        Box::pin(self.bury(id))
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.bury_gone(id, opened_before))
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
        item: &'a store::Item,
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
    ) -> BoxFuture<'a, Result<(Vec<store::Item>, bool), StoreError>> {
        Box::pin(self.read_items(id, after))
    }

    fn parts<'a>(
        &'a self,
        of: &'a Members,
        wished: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        Box::pin(self.cut(of, wished))
    }

    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(self.read_page(of, part, after))
    }

    fn count<'a>(&'a self, of: &'a Members, part: Part) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.count_part(of, part))
    }
}

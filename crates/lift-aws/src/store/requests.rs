//! Requests to one DynamoDB table, and the clock that dates its items.

use std::{fmt, sync::Arc};

use aws_sdk_dynamodb::{
    Client,
    operation::{
        batch_write_item::builders::BatchWriteItemFluentBuilder,
        delete_item::builders::DeleteItemFluentBuilder, get_item::builders::GetItemFluentBuilder,
        put_item::builders::PutItemFluentBuilder, query::builders::QueryFluentBuilder,
        scan::builders::ScanFluentBuilder, update_item::builders::UpdateItemFluentBuilder,
    },
    types::WriteRequest,
};
use lift_ws::event::Timestamp;

use super::attributes::AttributeMap;

/// The SDK's client, the table's name and the clock.
#[derive(Clone)]
pub(super) struct TableClient {
    client: Client,
    name: String,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl TableClient {
    pub(super) fn new(client: Client, name: String) -> Self {
        Self { client, name, now: Arc::new(Timestamp::now) }
    }

    /// Replaces the system's clock.
    pub(super) fn set_clock(&mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) {
        self.now = Arc::new(now);
    }

    pub(super) fn now_millis(&self) -> u64 {
        (self.now)().as_millis()
    }

    pub(super) fn now_seconds(&self) -> u64 {
        (self.now)().as_secs()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn get_item(&self, key: AttributeMap) -> GetItemFluentBuilder {
        self.client.get_item().table_name(&self.name).set_key(Some(key))
    }

    pub(super) fn put_item(&self, item: AttributeMap) -> PutItemFluentBuilder {
        self.client.put_item().table_name(&self.name).set_item(Some(item))
    }

    pub(super) fn update_item(&self, key: AttributeMap) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key))
    }

    pub(super) fn delete_item(&self, key: AttributeMap) -> DeleteItemFluentBuilder {
        self.client.delete_item().table_name(&self.name).set_key(Some(key))
    }

    pub(super) fn batch_write(&self, requests: Vec<WriteRequest>) -> BatchWriteItemFluentBuilder {
        self.client.batch_write_item().request_items(&self.name, requests)
    }

    pub(super) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    pub(super) fn scan(&self) -> ScanFluentBuilder {
        self.client.scan().table_name(&self.name)
    }
}

impl fmt::Debug for TableClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableClient").field("name", &self.name).finish_non_exhaustive()
    }
}

//! The app's items beside a connection. One process may store an item while another ends the
//! connection. So the item is written first and the row is marked second: either the end sees the
//! mark and removes the item, or the mark fails and this process removes it.

use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{DeleteRequest, WriteRequest},
};
use lift_ws::{
    ConnectionId,
    store::{Item, Row, Saved, StoreError},
};
use tokio::time::sleep;

use super::{
    DynamoStore,
    attributes::{AttributeMap, EXPIRES_AT, HAS_ITEMS, PARTITION_KEY, SORT_KEY},
    encoding::{self, ListPlacement},
    error::{RequestError, cause},
    keys::{self, List},
    rows::row_condition,
};

/// The most writes in one `BatchWriteItem`. DynamoDB's limit.
const BATCH: usize = 25;

/// How many times a batch is sent while DynamoDB leaves some of it unprocessed.
const ATTEMPTS: u32 = 5;

/// The wait before the second attempt; it doubles with each next one.
const BACK_OFF: Duration = Duration::from_millis(20);

impl DynamoStore {
    pub(super) async fn put_app_item(&self, row: &Row, item: &Item) -> Result<Saved, StoreError> {
        item.check()?;
        let table = &self.table;
        let list = item.group.as_ref().map(|group| List::of_group(row.tenant.as_ref(), group));
        let (endpoint_id, shards) = match &list {
            Some(list) => {
                let (meta, id) = self.meta.with_endpoint(table, &row.endpoint).await?;
                (id, meta.shards(list).written(table.now_seconds()))
            }
            None => (String::new(), 1),
        };
        let placement = ListPlacement { endpoint_id: &endpoint_id, shards };
        let put = table.put_item(encoding::from_item(row, item, placement));
        if let Err(error) = put.send().await.map_err(RequestError::from) {
            return Err(self.meta.split_if_hot(table, list.as_ref(), error).await);
        }
        let mark = table
            .update_item(keys::row_key(&row.id))
            .update_expression(format!("SET {HAS_ITEMS} = :{HAS_ITEMS}"))
            .condition_expression(row_condition())
            .expression_attribute_values(format!(":{HAS_ITEMS}"), encoding::number(1));
        match mark.send().await.map_err(RequestError::from) {
            Ok(_) => Ok(Saved::Stored),
            Err(RequestError::ConditionFailed(_)) => {
                self.delete_item(&row.id, &item.key).await?;
                Ok(Saved::Ended)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn delete_item(&self, id: &ConnectionId, key: &str) -> Result<(), StoreError> {
        let delete = self.table.delete_item(keys::item_key(id, key));
        delete.send().await.map_err(RequestError::from)?;
        Ok(())
    }

    /// A page of a connection's items. The read is consistent, so it has the item stored last.
    fn query_items(&self, id: &ConnectionId, after: Option<AttributeMap>) -> QueryFluentBuilder {
        let items = format!("{PARTITION_KEY} = :key AND begins_with({SORT_KEY}, :items)");
        self.table
            .query()
            .key_condition_expression(items)
            .expression_attribute_values(":key", encoding::string(keys::partition_key(id)))
            .expression_attribute_values(":items", encoding::string(keys::ITEM_PREFIX))
            .limit(self.page)
            .consistent_read(true)
            .set_exclusive_start_key(after)
    }

    pub(super) async fn read_items(
        &self,
        id: &ConnectionId,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let mut after = after.map(|key| keys::item_key(id, key));
        loop {
            let query = self
                .query_items(id, after)
                .filter_expression("#ttl > :now")
                .expression_attribute_names("#ttl", EXPIRES_AT)
                .expression_attribute_values(":now", encoding::number(self.table.now_seconds()));
            let found = query.send().await.map_err(RequestError::from)?;
            let items: Result<Vec<_>, _> = found.items().iter().map(encoding::to_item).collect();
            let items = items?;
            after = found.last_evaluated_key;
            // All items of a page may have expired. The caller continues after the last item, so
            // this returns at least one while there are more.
            if after.is_none() || !items.is_empty() {
                return Ok((items, after.is_some()));
            }
        }
    }

    /// Removes all items of a connection that ended, and returns them. An item that is not removed
    /// expires, so a failure is only logged.
    pub(super) async fn clear_items(&self, id: &ConnectionId) -> Vec<Item> {
        let mut items = Vec::new();
        if let Err(error) = self.take_items(id, &mut items).await {
            let cause = cause(&error);
            tracing::warn!(
                connection = id.as_str(),
                cause,
                "items of an ended connection stay until they expire"
            );
        }
        items
    }

    async fn take_items(&self, id: &ConnectionId, into: &mut Vec<Item>) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let found = self.query_items(id, after).send().await.map_err(RequestError::from)?;
            after = found.last_evaluated_key;
            let items = found.items.unwrap_or_default();
            for item in &items {
                into.push(encoding::to_item(item)?);
            }
            for items in items.chunks(BATCH) {
                self.delete_batch(items).await?;
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn delete_batch(&self, items: &[AttributeMap]) -> Result<(), StoreError> {
        let delete = |item: &AttributeMap| {
            let delete = DeleteRequest::builder().set_key(Some(keys::key_of_item(item))).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let deletes: Result<Vec<_>, _> = items.iter().map(delete).collect();
        let mut left = deletes.map_err(StoreError::failed)?;
        for attempt in 0..ATTEMPTS {
            let done = self.table.batch_write(left).send().await.map_err(RequestError::from)?;
            let unprocessed = done.unprocessed_items;
            left =
                unprocessed.and_then(|mut all| all.remove(self.table.name())).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            sleep(BACK_OFF * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::throttled(format!("{} items are left unprocessed", left.len())))
    }
}

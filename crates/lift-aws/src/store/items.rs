//! Items of the app's own beside a connection. Two processes may store one and end the connection at
//! the same time: the item goes first and the row is told then, so that either the end sees that
//! there are items, or the item's second step fails and takes it away again.

use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{DeleteRequest, WriteRequest},
};
use lift_ws::{
    ConnectionId,
    store::{self, Row, Saved, StoreError},
};
use tokio::time::sleep;

use super::{
    DynamoStore, Item,
    encoding::{self, Place},
    error::{Failure, cause},
    keys::{self, List},
    rows::LIVE,
};

/// The most requests that DynamoDB takes in one batch.
const BATCH: usize = 25;

/// How often a batch is sent again for what DynamoDB did not get to.
const TRIES: u32 = 5;

/// Before the second of them; twice as long before each next one.
const BACK_OFF: Duration = Duration::from_millis(20);

impl DynamoStore {
    pub(super) async fn put_app_item(
        &self,
        row: &Row,
        app: &store::Item,
    ) -> Result<Saved, StoreError> {
        app.check()?;
        let list = app.group.as_ref().map(|group| List::of_group(row.tenant.as_ref(), group));
        let (env, shards) = match &list {
            Some(list) => {
                let (meta, env) = self.meta_with(&row.endpoint).await?;
                (env, meta.shards(list).written(self.now_seconds()))
            }
            None => (String::new(), 1),
        };
        let stored = encoding::from_item(row, app, Place { env: &env, shards });
        let put = self.client.put_item().table_name(&self.table).set_item(Some(stored));
        if let Err(failure) = put.send().await.map_err(Failure::from) {
            return Err(self.relieve(list.as_ref(), failure).await);
        }
        let mark = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::of(&row.id)))
            .update_expression("SET i = :i")
            .condition_expression(LIVE)
            .expression_attribute_values(":i", encoding::number(1));
        match mark.send().await.map_err(Failure::from) {
            Ok(_) => Ok(Saved::Stored),
            Err(Failure::Refused(_)) => {
                self.delete_item(&row.id, &app.key).await?;
                Ok(Saved::Ended)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    pub(super) async fn delete_item(&self, id: &ConnectionId, key: &str) -> Result<(), StoreError> {
        let key = keys::of_item(id, key);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map_err(Failure::from)?;
        Ok(())
    }

    /// A page of a connection's items. Consistent: what was stored last belongs to the answer.
    fn query_items(&self, id: &ConnectionId, after: Option<Item>) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :key AND begins_with(sk, :items)")
            .expression_attribute_values(":key", encoding::string(keys::partition_key(id)))
            .expression_attribute_values(":items", encoding::string(keys::ITEMS))
            .limit(self.page)
            .consistent_read(true)
            .set_exclusive_start_key(after)
    }

    pub(super) async fn read_items(
        &self,
        id: &ConnectionId,
        after: Option<&str>,
    ) -> Result<(Vec<store::Item>, bool), StoreError> {
        let mut after = after.map(|key| keys::of_item(id, key));
        loop {
            let query = self
                .query_items(id, after)
                .filter_expression("#ttl > :now")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", encoding::number(self.now_seconds()));
            let found = query.send().await.map_err(Failure::from)?;
            let items: Result<Vec<_>, _> = found.items().iter().map(encoding::to_item).collect();
            let items = items?;
            after = found.last_evaluated_key;
            // A page may hold nothing but what expired; the caller goes on after the last item.
            if after.is_none() || !items.is_empty() {
                return Ok((items, after.is_some()));
            }
        }
    }

    /// Removes all items of a connection that ended, and answers them. What is not removed expires,
    /// so a failure is only told to the log.
    pub(super) async fn clear_items(&self, id: &ConnectionId) -> Vec<store::Item> {
        let mut items = Vec::new();
        if let Err(error) = self.take_items(id, &mut items).await {
            let cause = cause(&error);
            tracing::warn!(connection = %id, cause, "items of an ended connection stay until they expire");
        }
        items
    }

    async fn take_items(
        &self,
        id: &ConnectionId,
        into: &mut Vec<store::Item>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let found = self.query_items(id, after).send().await.map_err(Failure::from)?;
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

    async fn delete_batch(&self, items: &[Item]) -> Result<(), StoreError> {
        let delete = |item: &Item| {
            let delete = DeleteRequest::builder().set_key(Some(keys::of_read(item))).build();
            delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
        };
        let deletes: Result<Vec<_>, _> = items.iter().map(delete).collect();
        let mut left = deletes.map_err(StoreError::failed)?;
        for attempt in 0..TRIES {
            let batch = self.client.batch_write_item().request_items(&self.table, left);
            let done = batch.send().await.map_err(Failure::from)?;
            left = done
                .unprocessed_items
                .and_then(|mut all| all.remove(&self.table))
                .unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            sleep(BACK_OFF * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::throttled(format!("{} items are left unprocessed", left.len())))
    }
}

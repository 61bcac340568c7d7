//! The row of a connection: saved once, ended by a tombstone, changed only while the connection
//! lives. Each operation is one request, whose condition decides between two processes that write
//! at the same time.

use aws_sdk_dynamodb::{
    operation::put_item::builders::PutItemFluentBuilder,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use lift_ws::{
    ConnectionId, TenantId, UserId,
    event::Timestamp,
    store::{
        Consistency, Item, Removed, Row, Saved, SignedIn, Store, StoreError, check_attributes,
        check_identity,
    },
};
use serde_json::Value;

use super::{
    DynamoStore,
    attributes::{
        AttributeMap, CONNECTED_AT, ENDED_AT, JSON, PARTITION_KEY, TENANT, USER, is_live,
    },
    encoding::{self, ListPlacement},
    error::RequestError,
    keys::{self, List},
};

impl DynamoStore {
    pub(super) async fn put_row(&self, row: &Row) -> Result<Saved, StoreError> {
        row.check()?;
        let table = &self.table;
        let (meta, endpoint_id) = self.meta.with_endpoint(table, &row.endpoint).await?;
        let list = row.tenant.as_ref().map(List::of_tenant);
        let shards = list.as_ref().map_or(1, |list| meta.shards(list).written(table.now_seconds()));
        let put = table
            .put_item(encoding::from_row(row, ListPlacement { endpoint_id: &endpoint_id, shards }))
            .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await.map_err(RequestError::from) {
            Ok(_) => Ok(Saved::Stored),
            // The SDK's retry of a save that succeeded finds its own row.
            Err(RequestError::ConditionFailed(found)) => {
                let is_stored = encoding::live_row(found)?.is_some();
                Ok(if is_stored { Saved::Stored } else { Saved::Ended })
            }
            Err(error) => Err(self.meta.split_if_hot(table, list.as_ref(), error).await),
        }
    }

    pub(super) async fn read_row(
        &self,
        id: &ConnectionId,
        read: Consistency,
    ) -> Result<Option<Row>, StoreError> {
        let get =
            self.table.get_item(keys::row_key(id)).consistent_read(read == Consistency::Consistent);
        let found = get.send().await.map_err(RequestError::from)?;
        let Some(found) = encoding::live_row(found.item)? else { return Ok(None) };
        let row = encoding::to_row(&found)?;
        Ok((row.expires_at().as_secs() > self.table.now_seconds()).then_some(row))
    }

    pub(super) async fn put_tombstone(
        &self,
        id: &ConnectionId,
    ) -> Result<Option<Removed>, StoreError> {
        let put = self.tombstone(id).send().await.map_err(RequestError::from)?;
        let Some(old) = put.attributes.filter(is_live) else { return Ok(None) };
        let items = self.remove_items_of(id, &old).await;
        Ok(Some(Removed::new(encoding::to_row(&old)?, items)))
    }

    /// Puts a tombstone if the connection opened before `opened_before`. Returns whether it did.
    pub(super) async fn put_tombstone_if_opened_before(
        &self,
        id: &ConnectionId,
        opened_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let put = self
            .tombstone(id)
            .condition_expression(format!("{} AND {CONNECTED_AT} < :before", row_condition()))
            .expression_attribute_values(":before", encoding::number(opened_before.as_millis()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await.map_err(RequestError::from) {
            Ok(put) => {
                self.remove_items_of(id, &put.attributes.unwrap_or_default()).await;
                Ok(true)
            }
            Err(RequestError::ConditionFailed(found)) => {
                // The process that put the tombstone may have failed before it removed the items.
                if found.is_some_and(|found| found.contains_key(ENDED_AT)) {
                    self.clear_items(id).await;
                }
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn tombstone(&self, id: &ConnectionId) -> PutItemFluentBuilder {
        let tombstone = encoding::tombstone(id, self.table.now_millis());
        self.table.put_item(tombstone).return_values(ReturnValue::AllOld)
    }

    /// Removes the items of a connection that just ended, if its row says that there are any, and
    /// returns them.
    async fn remove_items_of(&self, id: &ConnectionId, row: &AttributeMap) -> Vec<Item> {
        if encoding::has_items(row) { self.clear_items(id).await } else { Vec::new() }
    }

    pub(super) async fn update_attributes(
        &self,
        id: &ConnectionId,
        attributes: Value,
    ) -> Result<bool, StoreError> {
        check_attributes(&attributes)?;
        let update = self
            .table
            .update_item(keys::row_key(id))
            .update_expression(format!("SET {JSON} = :{JSON}"))
            .condition_expression(row_condition())
            .expression_attribute_values(
                format!(":{JSON}"),
                encoding::string(attributes.to_string()),
            );
        match update.send().await.map_err(RequestError::from) {
            Ok(_) => Ok(true),
            Err(RequestError::ConditionFailed(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn bind_user(
        &self,
        id: &ConnectionId,
        user: &UserId,
        tenant: Option<&TenantId>,
    ) -> Result<SignedIn, StoreError> {
        check_identity(Some(user), tenant)?;
        let table = &self.table;
        let list = tenant.map(List::of_tenant);
        let shards = match &list {
            Some(list) => self.meta.current(table).await?.shards(list).written(table.now_seconds()),
            None => 1,
        };
        let no_other_tenant = match tenant {
            Some(_) => format!("(attribute_not_exists({TENANT}) OR {TENANT} = :{TENANT})"),
            None => format!("attribute_not_exists({TENANT})"),
        };
        let mut update = table
            .update_item(keys::row_key(id))
            .condition_expression(format!(
                "{} AND attribute_not_exists({USER}) AND {no_other_tenant}",
                row_condition()
            ))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut changes = Vec::new();
        for (name, value) in encoding::identity(id, Some(user), tenant, shards) {
            changes.push(format!("{name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        let update = update.update_expression(format!("SET {}", changes.join(", ")));
        let found = match update.send().await.map_err(RequestError::from) {
            Ok(_) => return Ok(SignedIn::Done),
            Err(RequestError::ConditionFailed(found)) => found,
            Err(error) => {
                return Err(self.meta.split_if_hot(table, list.as_ref(), error).await);
            }
        };
        let Some(found) = encoding::live_row(found)? else { return Ok(SignedIn::Ended) };
        let row = encoding::to_row(&found)?;
        let same = row.user.as_ref() == Some(user) && row.tenant.as_ref() == tenant;
        Ok(if same { SignedIn::Done } else { SignedIn::OtherIdentity })
    }

    /// Replaces every row by a tombstone, and returns how many.
    pub(crate) async fn forget_connections(&self) -> Result<usize, StoreError> {
        let rows = self.table.scan().filter_expression(row_condition());
        let mut found = rows.into_paginator().items().send();
        let mut forgotten = 0;
        while let Some(item) = found.next().await {
            let item = item.map_err(|error| StoreError::failed(crate::causes::in_words(&error)))?;
            let key = encoding::text(&item, PARTITION_KEY);
            let Some(id) = key.and_then(keys::connection_id) else { continue };
            if is_live(&item) {
                self.remove(&id).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

/// The condition that an item is a live row: tombstones and items with keys only have no such attribute.
pub(super) fn row_condition() -> String {
    format!("attribute_exists({CONNECTED_AT})")
}

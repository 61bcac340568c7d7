//! A connection's own item: saved once, ended by a tombstone, changed only while it lives. Each is
//! one request, whose condition decides what two processes do at the same time.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{
        self, Read, Removed, Row, Saved, SignedIn, StoreError, check_attributes, check_identity,
    },
};
use serde_json::Value;

use super::{
    DynamoStore, Item,
    encoding::{self, Place},
    error::Failure,
    keys::{self, List},
};

/// What only a live row is: bare keys and tombstones have no `ca`.
pub(super) const LIVE: &str = "attribute_exists(ca)";

impl DynamoStore {
    pub(super) async fn put_row(&self, row: &Row) -> Result<Saved, StoreError> {
        row.check()?;
        let (meta, env) = self.meta_with(&row.endpoint).await?;
        let list = row.tenant.as_ref().map(List::of_tenant);
        let shards = list.as_ref().map_or(1, |list| meta.shards(list).written(self.now_seconds()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encoding::from_row(row, Place { env: &env, shards })))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await.map_err(Failure::from) {
            Ok(_) => Ok(Saved::Stored),
            // A retry of a save that did arrive finds its own row.
            Err(Failure::Refused(found)) => {
                Ok(if encoding::row_of(found)?.is_some() { Saved::Stored } else { Saved::Ended })
            }
            Err(failure) => Err(self.relieve(list.as_ref(), failure).await),
        }
    }

    pub(super) async fn read_row(
        &self,
        id: &ConnectionId,
        read: Read,
    ) -> Result<Option<Row>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(keys::of(id)));
        let get = get.consistent_read(read == Read::Consistent);
        let found = get.send().await.map_err(Failure::from)?;
        let Some(found) = encoding::row_of(found.item)? else { return Ok(None) };
        let row = encoding::to_row(&found)?;
        Ok((row.expires_at() > self.now_seconds()).then_some(row))
    }

    pub(super) async fn bury(&self, id: &ConnectionId) -> Result<Option<Removed>, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encoding::tombstone(id, self.now_millis())))
            .return_values(ReturnValue::AllOld);
        let old = put.send().await.map_err(Failure::from)?.attributes;
        let Some(old) = old.filter(encoding::is_live) else { return Ok(None) };
        let items = self.end_items(id, &old).await;
        Ok(Some(Removed { row: encoding::to_row(&old)?, items }))
    }

    pub(super) async fn bury_gone(
        &self,
        id: &ConnectionId,
        opened_before: u64,
    ) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encoding::tombstone(id, self.now_millis())))
            .condition_expression(format!("{LIVE} AND ca < :before"))
            .expression_attribute_values(":before", encoding::number(opened_before))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await.map_err(Failure::from) {
            Ok(put) => {
                self.end_items(id, &put.attributes.unwrap_or_default()).await;
                Ok(true)
            }
            Err(Failure::Refused(found)) => {
                // Whoever put the tombstone may not have come to the items.
                if found.is_some_and(|found| found.contains_key("gone")) {
                    self.clear_items(id).await;
                }
                Ok(false)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Removes the items of a connection that just ended, if it had some, and answers them.
    async fn end_items(&self, id: &ConnectionId, old: &Item) -> Vec<store::Item> {
        if encoding::has_items(old) { self.clear_items(id).await } else { Vec::new() }
    }

    pub(super) async fn update_attributes(
        &self,
        id: &ConnectionId,
        attributes: Value,
    ) -> Result<bool, StoreError> {
        check_attributes(&attributes)?;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::of(id)))
            .update_expression("SET a = :a")
            .condition_expression(LIVE)
            .expression_attribute_values(":a", encoding::string(attributes.to_string()));
        match update.send().await.map_err(Failure::from) {
            Ok(_) => Ok(true),
            Err(Failure::Refused(_)) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    pub(super) async fn bind_user(
        &self,
        id: &ConnectionId,
        user: &UserId,
        tenant: Option<&TenantId>,
    ) -> Result<SignedIn, StoreError> {
        check_identity(Some(user), tenant)?;
        let list = tenant.map(List::of_tenant);
        let shards = match &list {
            Some(list) => self.meta().await?.shards(list).written(self.now_seconds()),
            None => 1,
        };
        let free = match tenant {
            Some(_) => "(attribute_not_exists(t) OR t = :t)",
            None => "attribute_not_exists(t)",
        };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::of(id)))
            .condition_expression(format!("{LIVE} AND attribute_not_exists(u) AND {free}"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut changes = Vec::new();
        for (name, value) in encoding::identity(id, Some(user), tenant, shards) {
            changes.push(format!("{name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        let update = update.update_expression(format!("SET {}", changes.join(", ")));
        let found = match update.send().await.map_err(Failure::from) {
            Ok(_) => return Ok(SignedIn::Bound),
            Err(Failure::Refused(found)) => found,
            Err(failure) => return Err(self.relieve(list.as_ref(), failure).await),
        };
        let Some(found) = encoding::row_of(found)? else { return Ok(SignedIn::Ended) };
        let row = encoding::to_row(&found)?;
        let same = row.user.as_ref() == Some(user) && row.tenant.as_ref() == tenant;
        Ok(if same { SignedIn::Bound } else { SignedIn::Taken })
    }
}

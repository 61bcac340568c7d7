//! The store on DynamoDB: one table, conditional saves, tombstones, sharded sparse indexes
//! (connection-store reference, sections 0 and 2). [`keys`] says how an item is found, [`item`]
//! what it holds, [`forget`] how a table is freed of connections that no gateway has.

mod forget;
mod item;
mod keys;

use std::{collections::HashMap, time::SystemTime};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::{DisplayErrorContext, SdkError},
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{
        AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure,
        error::ConditionalCheckFailedException,
    },
};
use futures_util::future::BoxFuture;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{
        Member, Members, Page, Part, Position, Read, Row, Saved, SignedIn, Store, StoreError,
        check_attributes, check_identity,
    },
};
use serde_json::Value;

type Item = HashMap<String, AttributeValue>;

/// What only a live row is: bare keys and tombstones have no `ca`.
const LIVE: &str = "attribute_exists(ca)";

/// The most entries read for a page. DynamoDB cuts at 1 MB, some 9,000 entries; the embedded engine
/// reads ahead without a limit.
const PAGE: i32 = 5_000;

/// Keeps connections in a DynamoDB table. Cloning shares the client.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    page: i32,
}

impl DynamoStore {
    /// A store in a table that exists.
    #[must_use]
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into(), page: PAGE }
    }

    /// Reads at most this many entries for a page, to test that pages are followed.
    #[must_use]
    pub fn with_page(mut self, entries: i32) -> Self {
        self.page = entries.max(1);
        self
    }

    async fn put_row(&self, row: &Row) -> Result<Saved, StoreError> {
        row.check()?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::from_row(row)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Saved::Stored),
            Err(error) => match put_refused(&error) {
                // A retry of a save that did arrive finds its own row.
                Some(refused) if refused.item().is_some_and(item::is_live) => Ok(Saved::Stored),
                Some(_) => Ok(Saved::Ended),
                None => Err(failed(error)),
            },
        }
    }

    async fn read_row(&self, id: &ConnectionId, read: Read) -> Result<Option<Row>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::of(id)))
            .consistent_read(read == Read::Consistent)
            .send()
            .await
            .map_err(failed)?;
        let Some(found) = found.item.filter(item::is_live) else { return Ok(None) };
        let row = item::to_row(&found)?;
        Ok((row.expires_at() > epoch_seconds()).then_some(row))
    }

    async fn bury(&self, id: &ConnectionId) -> Result<Option<Row>, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::tombstone(id, epoch_seconds())))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(failed)?;
        put.attributes.filter(item::is_live).as_ref().map(item::to_row).transpose()
    }

    async fn bury_gone(&self, id: &ConnectionId, opened_before: u64) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::tombstone(id, epoch_seconds())))
            .condition_expression(format!("{LIVE} AND ca < :before"))
            .expression_attribute_values(":before", AttributeValue::N(opened_before.to_string()))
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) if put_refused(&error).is_some() => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    async fn update_attributes(
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
            .expression_attribute_values(":a", AttributeValue::S(attributes.to_string()))
            .send()
            .await;
        match update {
            Ok(_) => Ok(true),
            Err(error) if update_refused(&error).is_some() => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    async fn bind_user(
        &self,
        id: &ConnectionId,
        user: &UserId,
        tenant: Option<&TenantId>,
    ) -> Result<SignedIn, StoreError> {
        check_identity(Some(user), tenant)?;
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
        for (name, value) in item::identity(id, tenant, Some(user)) {
            changes.push(format!("{name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        let update = update.update_expression(format!("SET {}", changes.join(", "))).send().await;
        let Err(error) = update else { return Ok(SignedIn::Bound) };
        let Some(refused) = update_refused(&error) else { return Err(failed(error)) };
        let Some(found) = refused.item().filter(|found| item::is_live(found)) else {
            return Ok(SignedIn::Ended);
        };
        let row = item::to_row(found)?;
        let same = row.user.as_ref() == Some(user) && row.tenant.as_ref() == tenant;
        Ok(if same { SignedIn::Bound } else { SignedIn::Taken })
    }

    async fn query(
        &self,
        of: &Members,
        part: Part,
        after: Option<&Position>,
    ) -> Result<Page, StoreError> {
        let (index, key_name, key) = keys::partition(of, part);
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#key = :key")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#key", key_name)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":key", AttributeValue::S(key))
            .expression_attribute_values(":now", AttributeValue::N(epoch_seconds().to_string()))
            .limit(self.page)
            .set_exclusive_start_key(after.map(keys::from_position).transpose()?)
            .send()
            .await
            .map_err(failed)?;
        let next = found.last_evaluated_key.as_ref().map(keys::to_position).transpose()?;
        let members = found.items.unwrap_or_default();
        let members = members.iter().map(|entry| item::to_member(entry, of));
        Ok(Page { members: members.collect::<Result<Vec<Member>, _>>()?, next })
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
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
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

    fn parts<'a>(&'a self, of: &'a Members) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        Box::pin(std::future::ready(Ok(keys::parts(of))))
    }

    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(self.query(of, part, after))
    }
}

/// The condition that a put did not meet; `None` when something else went wrong.
fn put_refused<R>(error: &SdkError<PutItemError, R>) -> Option<&ConditionalCheckFailedException> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(refused) => Some(refused),
        _ => None,
    }
}

/// The condition that an update did not meet; `None` when something else went wrong.
fn update_refused<R>(
    error: &SdkError<UpdateItemError, R>,
) -> Option<&ConditionalCheckFailedException> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(refused) => Some(refused),
        _ => None,
    }
}

/// The SDK's own text of an error says little; its context says what happened.
fn failed<E>(error: E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::failed(DisplayErrorContext(error).to_string())
}

fn epoch_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

//! The open connections in a DynamoDB table: a row for each connection, and a tombstone after its end,
//! so that a late save does not recreate the row. The index `gsi2` lists the members of a room.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime, SystemTimeError, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::put_item::PutItemError,
    types::{
        AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure,
        error::ConditionalCheckFailedException,
    },
};
use lambda_runtime::Error;

type Item = HashMap<String, AttributeValue>;

/// API Gateway keeps a connection for at most 2 hours. A row expires at most 5 minutes later.
const ROW_LIFETIME: Duration = Duration::from_secs(7_500);

/// Longer than a late save can take.
const TOMBSTONE_LIFETIME: Duration = Duration::from_secs(900);

/// A younger connection may get 410 because its handshake has not finished.
const MAX_HANDSHAKE: Duration = Duration::from_secs(60);

pub(crate) struct Connection {
    pub(crate) user: String,
    pub(crate) room: String,
}

#[derive(Clone)]
pub(crate) struct Connections {
    client: Client,
    table: String,
}

impl Connections {
    pub(crate) fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Stores a connection. Returns false if it has ended already.
    pub(crate) async fn save(
        &self,
        id: &str,
        connection: &Connection,
        connected_at: i64,
    ) -> Result<bool, Error> {
        let expires = connected_at / 1000 + ROW_LIFETIME.as_secs().cast_signed();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(id)))
            .item("gsi2pk", room_key(&connection.room))
            .item("gsi2sk", AttributeValue::S(id.to_owned()))
            .item("u", AttributeValue::S(connection.user.clone()))
            .item("t", AttributeValue::S(connection.room.clone()))
            .item("ca", AttributeValue::N(connected_at.to_string()))
            .item("ttl", AttributeValue::N(expires.to_string()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) => match condition_failed(&error) {
                // A retry by the SDK finds the row of its first attempt.
                Some(failed) => Ok(failed.item().is_some_and(is_live)),
                None => Err(error.into()),
            },
        }
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Connection>, Error> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .consistent_read(true)
            .send()
            .await?;
        let now = since_1970()?.as_secs();
        let item = found.item.filter(|item| is_live(item) && number(item, "ttl") > Some(now));
        item.as_ref().map(connection).transpose()
    }

    /// Puts a tombstone and returns the connection that was stored.
    pub(crate) async fn remove(&self, id: &str) -> Result<Option<Connection>, Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(tombstone(id)?))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        put.attributes.filter(is_live).as_ref().map(connection).transpose()
    }

    /// Puts a tombstone over a connection that is gone, unless it is still connecting.
    pub(crate) async fn remove_gone(&self, id: &str) -> Result<(), Error> {
        let before = (since_1970()? - MAX_HANDSHAKE).as_millis();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(tombstone(id)?))
            .condition_expression("attribute_exists(ca) AND ca < :before")
            .expression_attribute_values(":before", AttributeValue::N(before.to_string()))
            .send()
            .await;
        match put {
            Err(error) if condition_failed(&error).is_none() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The connections in a room and their users.
    pub(crate) async fn members(&self, room: &str) -> Result<BTreeMap<String, String>, Error> {
        let now = since_1970()?.as_secs();
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("gsi2")
            .key_condition_expression("gsi2pk = :room")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":room", room_key(room))
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut members = BTreeMap::new();
        while let Some(item) = items.next().await {
            let item = item?;
            members.insert(string(&item, "gsi2sk")?, string(&item, "u")?);
        }
        Ok(members)
    }
}

fn key(id: &str) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(format!("CONNECTION#{id}"))),
        ("sk".to_owned(), AttributeValue::S("CONNECTION".to_owned())),
    ])
}

fn room_key(room: &str) -> AttributeValue {
    AttributeValue::S(format!("ROOM#{room}"))
}

fn tombstone(id: &str) -> Result<Item, Error> {
    let expires = (since_1970()? + TOMBSTONE_LIFETIME).as_secs();
    let mut item = key(id);
    item.insert("gone".to_owned(), AttributeValue::N("1".to_owned()));
    item.insert("ttl".to_owned(), AttributeValue::N(expires.to_string()));
    Ok(item)
}

/// Returns whether an item is a row, not a tombstone.
fn is_live(item: &Item) -> bool {
    item.contains_key("ca")
}

fn connection(item: &Item) -> Result<Connection, Error> {
    Ok(Connection { user: string(item, "u")?, room: string(item, "t")? })
}

fn string(item: &Item, name: &str) -> Result<String, Error> {
    let text = item.get(name).and_then(|value| value.as_s().ok());
    text.cloned().ok_or_else(|| format!("an item has no string `{name}`").into())
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn condition_failed<R>(
    error: &SdkError<PutItemError, R>,
) -> Option<&ConditionalCheckFailedException> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failed) => Some(failed),
        _ => None,
    }
}

fn since_1970() -> Result<Duration, SystemTimeError> {
    SystemTime::now().duration_since(UNIX_EPOCH)
}

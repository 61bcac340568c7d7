//! The prices in a DynamoDB table of the app's own.

use std::{
    collections::HashMap,
    env, io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use lift_aws::AwsConfig;
use lift_ws::{
    Error,
    table::{IndexSpec, Key, TableSpec},
};

use super::{Bid, Lot, Prices};

/// The environment variable with the name of the table.
pub const TABLE_VARIABLE: &str = "PRICES_TABLE";

/// The index that lists what a user leads.
const BY_BIDDER: &str = "by_bidder";

/// How long a lot stays in the table after its last bid.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The table as the app declares it. `lift dev` and `lift table create --all` create it.
pub fn table() -> TableSpec {
    TableSpec::new(TABLE_VARIABLE, Key::string("item"))
        .index(IndexSpec::new(BY_BIDDER, Key::string("bidder")).sort_key(Key::string("item")))
        .time_to_live("expires")
}

/// The prices in a table.
#[derive(Clone, Debug)]
pub struct DynamoPrices {
    client: Client,
    table: String,
}

impl DynamoPrices {
    /// The prices in the function's table. The client has the configuration of Lift's own store.
    ///
    /// # Errors
    /// When the region or the variable of the table is not set.
    pub async fn of_function() -> Result<Self, Error> {
        let client = Client::new(&AwsConfig::of_function()?.into());
        Ok(Self::new(client, env::var(TABLE_VARIABLE)?))
    }

    /// The prices in the table of this name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}

impl Prices for DynamoPrices {
    async fn bid(&self, item: &str, price: u64, bidder: &str) -> io::Result<Bid> {
        let expires = SystemTime::now() + KEPT;
        let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // One conditional write: of two bids at the same time, only the higher one leads.
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("item", text(item))
            .update_expression("SET price = :price, bidder = :bidder, expires = :expires")
            .condition_expression(
                "attribute_not_exists(closed) AND (attribute_not_exists(price) OR price < :price)",
            )
            .expression_attribute_values(":price", number(price))
            .expression_attribute_values(":bidder", text(bidder))
            .expression_attribute_values(":expires", number(expires))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(updated) => Ok(Bid::Leads(lot(updated.attributes())?)),
            Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let found = lot(failed.item())?;
                Ok(if found.closed { Bid::Closed } else { Bid::TooLow(found) })
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }

    async fn lot(&self, item: &str) -> io::Result<Option<Lot>> {
        let get = self.client.get_item().table_name(&self.table).key("item", text(item));
        let found = get.consistent_read(true).send().await.map_err(io::Error::other)?;
        found.item().map(|found| lot(Some(found))).transpose()
    }

    async fn close(&self, item: &str) -> io::Result<Option<Lot>> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("item", text(item))
            .update_expression("SET closed = :true")
            .condition_expression("attribute_exists(price)")
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .return_values(ReturnValue::AllNew);
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(updated) => Ok(Some(lot(updated.attributes())?)),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    async fn led_by(&self, bidder: &str) -> io::Result<Vec<Lot>> {
        let mut found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_BIDDER)
            .key_condition_expression("bidder = :bidder")
            .expression_attribute_values(":bidder", text(bidder))
            .into_paginator()
            .items()
            .send();
        let mut lots = Vec::new();
        while let Some(item) = found.next().await {
            lots.push(lot(Some(&item.map_err(io::Error::other)?))?);
        }
        Ok(lots)
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Reads an item of the table.
fn lot(item: Option<&HashMap<String, AttributeValue>>) -> io::Result<Lot> {
    let value = |name: &str| item.and_then(|item| item.get(name));
    let text = |name: &str| value(name).and_then(|value| value.as_s().ok()).cloned();
    let price = value("price").and_then(|price| price.as_n().ok()?.parse().ok());
    let (Some(item), Some(price), Some(bidder)) = (text("item"), price, text("bidder")) else {
        return Err(io::Error::other("the table has an item that is no lot"));
    };
    Ok(Lot { item, price, bidder, closed: value("closed").is_some() })
}

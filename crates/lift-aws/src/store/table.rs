//! The table of connections: made when missing, and freed of connections that no gateway has.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, DisplayErrorContext},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
    },
};
use lift_ws::store::Store;
use tokio::time::sleep;

use super::{DynamoStore, item, keys};
use crate::Error;

/// How often a table that is being created is looked at.
const POLL: Duration = Duration::from_millis(500);

/// How often at most: a table takes some seconds.
const POLLS: u32 = 120;

/// A table of connections, pay-per-request, with two sparse indexes and expiry.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    store: DynamoStore,
    name: String,
}

impl Table {
    /// A table that may not exist yet.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        let name = name.into();
        let store = DynamoStore::new(config, name.clone());
        Self { client: Client::new(config), store, name }
    }

    /// Creates the table unless it exists, waits until it is active, and has its items expire.
    /// Says whether it was missing.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses, or the table does not become active.
    pub async fn create_if_missing(&self) -> Result<bool, Error> {
        let existing = self.client.describe_table().table_name(&self.name).send().await;
        let missing = match existing {
            Ok(_) => false,
            Err(error) => {
                let known = error.as_service_error();
                if !known.is_some_and(|error| error.is_resource_not_found_exception()) {
                    return Err(self.failed("cannot be described", error));
                }
                true
            }
        };
        if missing {
            self.create().await?;
        }
        self.wait_until_active().await?;
        if missing {
            self.expire_items().await?;
        }
        Ok(missing)
    }

    /// Puts a tombstone over every stored connection, and says over how many. For a gateway that
    /// starts: no connection of its last run is open, and no `$disconnect` of it will come.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn forget_connections(&self) -> Result<usize, Error> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.name)
            .filter_expression("attribute_exists(ca)")
            .into_paginator()
            .items()
            .send();
        let mut forgotten = 0;
        while let Some(found) = pages.next().await {
            let found = found.map_err(|error| self.failed("cannot be read", error))?;
            let key = found.get("pk").and_then(|key| key.as_s().ok());
            let Some(id) = key.and_then(|key| keys::connection_id(key)) else { continue };
            if item::is_live(&found) {
                self.store
                    .remove(&id)
                    .await
                    .map_err(|error| self.failed("cannot be written", error))?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    async fn create(&self) -> Result<(), Error> {
        let build = |error: BuildError| self.failed("cannot be defined", error);
        let mut create = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema("pk", "sk").map_err(build)?));
        for name in ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(build)?;
            create = create.attribute_definitions(attribute);
        }
        // An index projects the least: what it does not hold costs nothing when it changes.
        for (name, partition, sort, included) in [
            ("gsi1", "gsi1pk", "gsi1sk", &["ttl", "env"][..]),
            ("gsi2", "gsi2pk", "gsi2sk", &["ttl", "u", "env"]),
        ] {
            let included = included.iter().map(|name| (*name).to_owned()).collect();
            let projection = Projection::builder()
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(included))
                .build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(key_schema(partition, sort).map_err(build)?))
                .projection(projection)
                .build()
                .map_err(build)?;
            create = create.global_secondary_indexes(index);
        }
        match create.send().await {
            Ok(_) => Ok(()),
            // Somebody else created it in the meantime.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(self.failed("cannot be created", error)),
        }
    }

    async fn wait_until_active(&self) -> Result<(), Error> {
        for _ in 0..POLLS {
            let described = self.client.describe_table().table_name(&self.name).send().await;
            let described = described.map_err(|error| self.failed("cannot be described", error))?;
            let status = described.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(Error::new(format!("the table {} does not become active", self.name)))
    }

    async fn expire_items(&self) -> Result<(), Error> {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build();
        let expiry = expiry.map_err(|error| self.failed("cannot be defined", error))?;
        let update = self.client.update_time_to_live().table_name(&self.name);
        update
            .time_to_live_specification(expiry)
            .send()
            .await
            .map_err(|error| self.failed("cannot have its items expire", error))?;
        Ok(())
    }

    fn failed<E>(&self, what: &str, cause: E) -> Error
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let cause = DisplayErrorContext(cause).to_string();
        Error::new(format!("the table {} {what}", self.name)).with_cause(cause)
    }
}

fn key_schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![element(partition, KeyType::Hash)?, element(sort, KeyType::Range)?])
}

//! Frees a table of the connections that no gateway has: those of a run that was killed.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use lift_ws::store::{Store, StoreError};

use super::{DynamoStore, item, keys};

impl DynamoStore {
    /// Puts a tombstone over every stored connection, and says over how many.
    pub(crate) async fn forget_connections(&self) -> Result<usize, StoreError> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("attribute_exists(ca)")
            .into_paginator()
            .items()
            .send();
        let mut forgotten = 0;
        while let Some(found) = pages.next().await {
            let found = found
                .map_err(|error| StoreError::failed(DisplayErrorContext(error).to_string()))?;
            let key = found.get("pk").and_then(|key| key.as_s().ok());
            let Some(id) = key.and_then(|key| keys::connection_id(key)) else { continue };
            if item::is_live(&found) {
                self.remove(&id).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

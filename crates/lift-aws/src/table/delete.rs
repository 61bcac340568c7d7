//! Deletes the table and waits until it is gone.

use tokio::time::{Instant, sleep};

use super::{
    Table,
    create::{PATIENCE, POLL},
};
use crate::Error;

impl Table {
    /// Deletes the table and waits until it is gone.
    ///
    /// # Errors
    /// When there is no such table, when deletion protection is on, when DynamoDB cannot be
    /// reached or refuses, and when the table is not gone within five minutes.
    pub async fn delete(&self) -> Result<(), Error> {
        let live = self.describe().await?;
        if live.deletion_protection {
            return Err(Error::new(format!(
                "the table {name} is protected from deletion: turn that off with `aws dynamodb \
                 update-table --table-name {name} --no-deletion-protection-enabled`",
                name = self.name
            )));
        }
        // Somebody else may have begun with it.
        if live.status != "DELETING" {
            let deleted = self.client.delete_table().table_name(&self.name).send().await;
            deleted.map_err(|error| self.failed("DeleteTable", error))?;
        }
        let end = Instant::now() + PATIENCE;
        while self.find().await?.is_some() {
            if Instant::now() > end {
                return Err(Error::new(format!(
                    "the table {} is not gone after {} s: see what DynamoDB's console says of it",
                    self.name,
                    PATIENCE.as_secs()
                )));
            }
            sleep(POLL).await;
        }
        Ok(())
    }
}

//! The table of connections: created, described, checked and deleted. `lift table` is these calls.
//!
//! ```text
//! layout -> options -> create -> a live table -> describe -> Description -> check -> Check
//! ```

mod check;
mod create;
mod delete;
mod describe;
mod description;
mod difference;
mod failure;
mod layout;
mod location;
mod names;
mod options;

use std::time::Duration;

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{Client, config::Builder};

use crate::{DynamoStore, Error};

pub use check::Check;
pub use create::{Created, Step};
pub use description::{Billing, Description, Expiry, Index, Key, Projected, Role};
pub use difference::{Difference, Note};
pub use location::Place;
pub use options::CreateOptions;

/// A change of a table is answered more slowly than a store call, and nobody's handshake waits.
const OPERATION: Duration = Duration::from_secs(30);

const ATTEMPT: Duration = Duration::from_secs(10);

const CONNECT: Duration = Duration::from_secs(3);

/// A table of connections: pay-per-request, with two sparse indexes, expiry and, if wanted, a
/// stream.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    store: DynamoStore,
    name: String,
    /// Where it is, for a person.
    place: String,
    is_local: bool,
}

impl Table {
    /// A table that may not exist yet.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        let name = name.into();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION);
        let own = Builder::from(config).timeout_config(timeouts.build()).build();
        let endpoint = config.endpoint_url();
        let host = endpoint.and_then(|url| url.parse::<http::Uri>().ok());
        let region = config.region().map_or("an unknown region", |region| region.as_ref());
        Self {
            client: Client::from_conf(own),
            store: DynamoStore::new(config, name.clone()),
            name,
            place: endpoint.map_or_else(|| format!("DynamoDB in {region}"), ToOwned::to_owned),
            is_local: host.as_ref().and_then(http::Uri::host).is_some_and(location::is_loopback),
        }
    }

    /// Where the table is, for a person: an endpoint's URL, or DynamoDB in a region.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Compares the table with what an app needs.
    ///
    /// # Errors
    /// When there is no such table, and when DynamoDB cannot be reached or refuses. A table that
    /// does not fit is no error.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// let table = lift_aws::Table::new(&lift_aws::config().await, "chat-connections");
    /// let check = table.check().await?;
    /// assert!(check.fits(), "{check}");
    /// # Ok(()) }
    /// ```
    pub async fn check(&self) -> Result<Check, Error> {
        Ok(Check::of(&self.describe().await?, false))
    }

    /// The same for an app that reads the table's stream, which is then needed.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub async fn check_with_streams(&self) -> Result<Check, Error> {
        Ok(Check::of(&self.describe().await?, true))
    }

    /// Puts a tombstone over every stored connection, and says over how many. For a gateway that
    /// starts: no connection of its last run is open, and no `$disconnect` of it will come.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn forget_connections(&self) -> Result<usize, Error> {
        let forgotten = self.store.forget_connections().await;
        forgotten.map_err(|error| {
            Error::new(format!("the table {} cannot be freed", self.name)).with_cause(error)
        })
    }
}

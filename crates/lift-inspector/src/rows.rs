//! What the app stores, as far as the pages show it, and how they send to what is stored.

use std::{error::Error, time::SystemTime};

use futures_util::future::BoxFuture;
use lift_gateway::{GatewayEvent, Id};
use serde::Deserialize;
use serde_json::Value;

/// Reads what the app stores about its connections, and sends to them. The gateway knows no users and no
/// rows.
pub trait Rows: Send + Sync {
    /// The user and the tenant of a connection, for the list of connections. An eventually
    /// consistent read is enough.
    fn identity(&self, connection: Id) -> BoxFuture<'_, Result<Identity, RowsError>>;

    /// All that is stored about one connection.
    fn stored(&self, connection: Id) -> BoxFuture<'_, Result<Stored, RowsError>>;

    /// Sends a message to all connections of a user, a tenant or a group, as the app does.
    fn publish(
        &self,
        target: Target,
        text: String,
    ) -> BoxFuture<'_, Result<PublishReport, RowsError>>;
}

/// Reads the tables that the functions use.
pub trait Tables: Send + Sync {
    /// The names of all tables.
    fn names(&self) -> Vec<String>;

    /// The rows of a table after `start`, which is the `next` of the page before.
    fn page<'a>(
        &'a self,
        table: &'a str,
        start: Option<Value>,
    ) -> BoxFuture<'a, Result<TablePage, RowsError>>;
}

/// Writes gateway events with their times as a recording, the file that `lift replay` reads.
pub type WriteRecording =
    dyn Fn(Vec<(SystemTime, GatewayEvent)>) -> Result<Vec<u8>, RowsError> + Send + Sync;

/// Why rows cannot be read. Its text is shown on the page.
pub type RowsError = Box<dyn Error + Send + Sync>;

/// The user and the tenant of a connection, as far as its row has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
}

/// All that is stored about a connection. The page masks secrets in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// The row, if there is one.
    pub row: Option<Value>,
    /// The app's own items.
    pub items: Vec<StoredItem>,
}

/// An item of the app's own, beside a connection's row.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredItem {
    /// Its key.
    pub key: String,
    /// The group that it is in, if it is in one.
    pub group: Option<String>,
    /// Its value.
    pub value: Option<Value>,
}

/// The connections that a message is published to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// All connections of a user.
    User {
        /// The user.
        name: String,
        /// The user's tenant.
        tenant: Option<String>,
    },
    /// All connections of a tenant.
    Tenant {
        /// The tenant.
        name: String,
    },
    /// All connections with an item in a group.
    Group {
        /// The group.
        name: String,
        /// The group's tenant.
        tenant: Option<String>,
    },
    /// All open connections.
    Everyone,
}

/// What became of a published message. The counts add up to the number of connections that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishReport {
    /// Connections that it was sent to.
    pub sent: u64,
    /// Connections that had ended.
    pub gone: u64,
    /// Connections that it could not be sent to.
    pub failed: u64,
    /// Some of those, each with the reason.
    pub failures: Vec<(String, String)>,
}

/// Some rows of a table. The page masks secrets in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePage {
    /// The names of the key's attributes.
    pub keys: Vec<String>,
    /// The rows as JSON objects.
    pub rows: Vec<Value>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Value>,
}

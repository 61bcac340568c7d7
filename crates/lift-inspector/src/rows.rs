//! What the app stores about its connections, as far as the pages show it.

use std::error::Error;

use futures_util::future::BoxFuture;
use lift_gateway::Id;
use serde_json::Value;

/// Reads what the app stores about its connections. The gateway knows no users and no rows.
pub trait Rows: Send + Sync {
    /// The user and the tenant of a connection, for the list of connections. An eventually
    /// consistent read is enough.
    fn identity(&self, connection: Id) -> BoxFuture<'_, Result<Identity, RowsError>>;

    /// All that is stored about one connection.
    fn stored(&self, connection: Id) -> BoxFuture<'_, Result<Stored, RowsError>>;
}

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

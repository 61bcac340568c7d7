//! What is stored: the [`Row`] of a connection, and the app's [`Item`]s beside it. Both expire with the
//! connection.

use std::time::Duration;

use lift_event::{Timestamp, limits::CONNECTION_LIFETIME, text::first_invalid_id_char};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{GroupId, StoreError};
use crate::{ConnectionId, TenantId, UserId, push::Endpoint};

/// How long API Gateway keeps a connection open at most, in seconds: 2 hours ([R-7.6]).
pub const MAX_CONNECTION_SECONDS: u64 = CONNECTION_LIFETIME.as_secs();

/// How much longer than its connection a row may exist.
const EXPIRY_MARGIN: Duration = Duration::from_secs(300);

/// The longest id, in bytes. A tenant and a user, escaped, must fit into a DynamoDB key of 2048 bytes.
const MAX_ID_BYTES: usize = 256;

/// The largest JSON of a row's attributes or of an item's value, in bytes.
const MAX_VALUE_BYTES: usize = 4096;

/// A stored connection.
///
/// The struct is not `non_exhaustive`: a store has to write and read each field, so a store that does not
/// know a new one must not compile.
///
/// ```
/// use lift_ws::{event::Timestamp, store::Row};
///
/// let row = Row::new(
///     "L0SM9cOFvHcCIhw=",
///     "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod",
///     Timestamp::from_millis(1_795_252_524_410),
/// );
/// let row = row.with_user("ana").with_tenant("lotus");
/// assert!(row.check().is_ok());
/// assert_eq!(row.expires_at().as_secs(), 1_795_252_524 + 7_500);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The connection.
    pub id: ConnectionId,
    /// Its user; never empty.
    pub user: Option<UserId>,
    /// Its tenant; never empty. A handler's `Publisher` sends only within it.
    pub tenant: Option<TenantId>,
    /// Where to post to it.
    pub endpoint: Endpoint,
    /// When it opened.
    pub connected_at: Timestamp,
    /// What the app stores with it; at most 4 KB of JSON.
    pub attributes: Option<Value>,
}

impl Row {
    /// A connection without user, tenant and attributes.
    #[must_use]
    pub fn new(
        id: impl Into<ConnectionId>,
        endpoint: impl Into<Endpoint>,
        connected_at: Timestamp,
    ) -> Self {
        let (id, endpoint) = (id.into(), endpoint.into());
        Self { id, user: None, tenant: None, endpoint, connected_at, attributes: None }
    }

    /// The connection with a user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The connection with a tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// When the row and its items expire: a fixed time after the connection opened, because API Gateway
    /// closes each connection after 2 hours.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.connected_at + CONNECTION_LIFETIME + EXPIRY_MARGIN
    }

    /// Checks what every store refuses: ids that are empty or over 256 bytes, users and tenants
    /// that [`check_identity`] refuses, and attributes over 4 KB.
    ///
    /// # Errors
    /// An error that [`is_invalid`](StoreError::is_invalid).
    pub fn check(&self) -> Result<(), StoreError> {
        check_id("connection", self.id.as_str())?;
        check_identity(self.user.as_ref(), self.tenant.as_ref())?;
        self.attributes.as_ref().map_or(Ok(()), check_attributes)
    }
}

/// What [`Store::remove`](super::Store::remove) removed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{Item, MemoryStore, Row, Saved, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.put_item(&row, &Item::in_group("tea")).await?, Saved::Stored);
/// let removed = store.remove(&row.id).await?.expect("it was stored");
/// assert_eq!(removed.items, [Item::in_group("tea")]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Removed {
    /// The row of the connection.
    pub row: Row,
    /// The connection's items, in the order of their keys. Empty when they could not be read in time.
    pub items: Vec<Item>,
}

impl Removed {
    /// A removed row and its items.
    #[must_use]
    pub fn new(row: Row, items: Vec<Item>) -> Self {
        Self { row, items }
    }
}

/// Something that the app stores with a connection: a room that it joined, or a document that it watches.
///
/// An item expires with its connection, and is removed with it. It belongs to the tenant and user that the
/// connection had when the item was stored, so sign in first. A connection with two items in a group may be
/// listed and counted twice in it.
///
/// Like [`Row`], the struct is not `non_exhaustive`.
///
/// ```
/// use lift_ws::store::Item;
///
/// let seat = Item {
///     key: "seat".to_owned(),
///     group: Some("row-7".into()),
///     value: Some(serde_json::json!({"number": 12})),
/// };
/// assert!(seat.check().is_ok());
/// assert_eq!(Item::in_group("tea").key, "tea");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its key, unique within the connection: 1 to 256 bytes.
    pub key: String,
    /// The group in which the item lists the connection, within its tenant.
    pub group: Option<GroupId>,
    /// What the app stores in it; at most 4 KB of JSON.
    pub value: Option<Value>,
}

impl Item {
    /// An item that makes the connection a member of a group. Its key is the group's id.
    #[must_use]
    pub fn in_group(group: impl Into<GroupId>) -> Self {
        let group = group.into();
        Self { key: group.as_str().to_owned(), group: Some(group), value: None }
    }

    /// Checks what every store refuses: a key or group that is empty or over 256 bytes, and a
    /// value over 4 KB.
    ///
    /// # Errors
    /// An error that [`is_invalid`](StoreError::is_invalid).
    pub fn check(&self) -> Result<(), StoreError> {
        check_id("item", &self.key)?;
        self.group.as_ref().map_or(Ok(()), |group| check_id("group", group.as_str()))?;
        self.value.as_ref().map_or(Ok(()), |value| check_value("value", value))
    }
}

/// Checks what every store refuses: a user or tenant id that is empty, over 256 bytes, or has a character that
/// controls a terminal, breaks a line, changes the direction of text, or cannot be seen. Joiners are allowed.
///
/// Rows of earlier versions that have one are still read.
///
/// # Errors
/// An error that [`is_invalid`](StoreError::is_invalid).
pub fn check_identity(user: Option<&UserId>, tenant: Option<&TenantId>) -> Result<(), StoreError> {
    user.map_or(Ok(()), |user| check_name("user", user.as_str()))?;
    tenant.map_or(Ok(()), |tenant| check_name("tenant", tenant.as_str()))
}

/// Checks an id that people read, in logs and lists.
fn check_name(name: &str, id: &str) -> Result<(), StoreError> {
    check_id(name, id)?;
    first_invalid_id_char(id).map_or(Ok(()), |character| {
        Err(StoreError::invalid(format!(
            "the {name} id has the control or invisible character U+{:04X}: refuse it or remove it",
            u32::from(character)
        )))
    })
}

/// Checks what every store refuses: attributes over 4 KB.
///
/// # Errors
/// An error that [`is_invalid`](StoreError::is_invalid).
pub fn check_attributes(attributes: &Value) -> Result<(), StoreError> {
    check_value("attributes", attributes)
}

fn check_id(name: &str, id: &str) -> Result<(), StoreError> {
    match id.len() {
        0 => Err(StoreError::invalid(format!("the {name} id is empty"))),
        1..=MAX_ID_BYTES => Ok(()),
        _ => Err(StoreError::invalid(format!("the {name} id is over {MAX_ID_BYTES} bytes"))),
    }
}

fn check_value(name: &str, value: &Value) -> Result<(), StoreError> {
    match value.to_string().len() {
        0..=MAX_VALUE_BYTES => Ok(()),
        bytes => {
            Err(StoreError::invalid(format!("the {name}: {bytes} bytes, over {MAX_VALUE_BYTES}")))
        }
    }
}

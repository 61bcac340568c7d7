//! What is stored: a connection's [`Row`], and [`Item`]s of the app's own beside it. Both expire with
//! the connection.

use lift_event::limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{GroupId, StoreError};
use crate::{ConnectionId, TenantId, UserId, push::Endpoint};

/// How long API Gateway keeps a connection at most: 2 hours ([R-7.6]).
pub const MAX_CONNECTION_SECONDS: u64 = limits::CONNECTION_LIFETIME.as_secs();

/// What a row outlives its connection by, at most.
const EXPIRY_MARGIN_SECONDS: u64 = 300;

/// The longest id, in bytes: a tenant and a user, escaped, must fit a DynamoDB key of 2048 bytes.
const MAX_ID: usize = 256;

/// The most attributes of a row, or the largest value of an item, in bytes of JSON.
const MAX_VALUE: usize = 4096;

/// A stored connection.
///
/// ```
/// use lift_ws::store::Row;
///
/// let row = Row {
///     id: "L0SM9cOFvHcCIhw=".into(),
///     user: Some("ana".into()),
///     tenant: None,
///     endpoint: "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into(),
///     connected_at: 1_795_252_524_410,
///     attributes: None,
/// };
/// assert!(row.check().is_ok());
/// assert_eq!(row.expires_at(), 1_795_252_524 + 7_500);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The connection.
    pub id: ConnectionId,
    /// Who it is; never empty.
    pub user: Option<UserId>,
    /// The others that it can reach; never empty.
    pub tenant: Option<TenantId>,
    /// Where it is posted to.
    pub endpoint: Endpoint,
    /// When it opened, in milliseconds since 1970.
    pub connected_at: u64,
    /// What the app stores with it.
    pub attributes: Option<Value>,
}

impl Row {
    /// When the row, and every item beside it, is no longer true, in seconds since 1970: a constant
    /// after the connection opened, because API Gateway closes every connection after 2 hours.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.connected_at / 1000 + MAX_CONNECTION_SECONDS + EXPIRY_MARGIN_SECONDS
    }

    /// Checks what every store refuses: ids that are empty or over 256 bytes, attributes over 4 KB.
    ///
    /// # Errors
    /// One that [`is_invalid`](StoreError::is_invalid).
    pub fn check(&self) -> Result<(), StoreError> {
        check_id("connection", self.id.as_str())?;
        check_identity(self.user.as_ref(), self.tenant.as_ref())?;
        self.attributes.as_ref().map_or(Ok(()), check_attributes)
    }
}

/// What a connection left when it was removed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, Store, Item};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.put_item(&row, &Item::in_group("tea")).await?, Saved::Stored);
/// let removed = store.remove(&row.id).await?.expect("it was there");
/// assert_eq!(removed.items, [Item::in_group("tea")]);
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// Its row.
    pub row: Row,
    /// Its items, in the order of their keys; none when they could not be read in time.
    pub items: Vec<Item>,
}

/// Something of the app's own, stored beside a connection: a room that it joined, a document that
/// it watches. It expires with the connection, and is removed when the connection is. It belongs to
/// the tenant that the connection has when it is stored, and its group lists the user of then: sign
/// in first. A connection that has two items in a group may be listed and counted twice in it.
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
    /// Its name, unique within the connection: 1 to 256 bytes.
    pub key: String,
    /// The group in which the connection is listed for it, within its tenant.
    pub group: Option<GroupId>,
    /// What the app stores in it: up to 4 KB of JSON.
    pub value: Option<Value>,
}

impl Item {
    /// An item that stands for being in a group, and has the group's id for its key.
    #[must_use]
    pub fn in_group(group: impl Into<GroupId>) -> Self {
        let group = group.into();
        Self { key: group.as_str().to_owned(), group: Some(group), value: None }
    }

    /// Checks what every store refuses: a key or group that is empty or over 256 bytes, a value
    /// over 4 KB.
    ///
    /// # Errors
    /// One that [`is_invalid`](StoreError::is_invalid).
    pub fn check(&self) -> Result<(), StoreError> {
        check_id("item", &self.key)?;
        self.group.as_ref().map_or(Ok(()), |group| check_id("group", group.as_str()))?;
        self.value.as_ref().map_or(Ok(()), |value| check_value("value", value))
    }
}

/// Checks what every store refuses: a user's or tenant's id that is empty or over 256 bytes.
///
/// # Errors
/// One that [`is_invalid`](StoreError::is_invalid).
pub fn check_identity(user: Option<&UserId>, tenant: Option<&TenantId>) -> Result<(), StoreError> {
    user.map_or(Ok(()), |user| check_id("user", user.as_str()))?;
    tenant.map_or(Ok(()), |tenant| check_id("tenant", tenant.as_str()))
}

/// Checks what every store refuses: attributes over 4 KB.
///
/// # Errors
/// One that [`is_invalid`](StoreError::is_invalid).
pub fn check_attributes(attributes: &Value) -> Result<(), StoreError> {
    check_value("attributes", attributes)
}

fn check_id(name: &str, id: &str) -> Result<(), StoreError> {
    match id.len() {
        0 => Err(StoreError::invalid(format!("the {name} id is empty"))),
        1..=MAX_ID => Ok(()),
        _ => Err(StoreError::invalid(format!("the {name} id is over {MAX_ID} bytes"))),
    }
}

fn check_value(name: &str, value: &Value) -> Result<(), StoreError> {
    match value.to_string().len() {
        0..=MAX_VALUE => Ok(()),
        bytes => Err(StoreError::invalid(format!("the {name}: {bytes} bytes, over {MAX_VALUE}"))),
    }
}

//! Rows, tombstones and the app's items, to and from DynamoDB's attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    event::Timestamp,
    store::{Item, Row, StoreError},
};
use serde_json::Value;

use super::{
    attributes::{
        AttributeMap, CONNECTED_AT, ENDED_AT, ENDPOINT, ENDPOINT_ID, EXPIRES_AT, GROUP, HAS_ITEMS,
        JSON, PARTITION_KEY, SORT_KEY, TENANT, USER,
    },
    error::other_layout,
    keys,
};

/// How long a tombstone stays, in seconds: longer than any late write can take.
const TOMBSTONE_SECONDS: u64 = 900;

/// What META says about a connection that is written.
#[derive(Clone, Copy)]
pub(super) struct ListPlacement<'a> {
    /// The short id of the row's endpoint.
    pub(super) endpoint_id: &'a str,
    /// The number of shards that the list's new entries are spread over.
    pub(super) shards: u32,
}

pub(super) fn from_row(row: &Row, placement: ListPlacement<'_>) -> AttributeMap {
    let mut item = keys::row_key(&row.id);
    let (user, tenant) = (row.user.as_ref(), row.tenant.as_ref());
    for (name, value) in identity(&row.id, user, tenant, placement.shards) {
        put(&mut item, name, value);
    }
    put(&mut item, EXPIRES_AT, number(row.expires_at().as_secs()));
    put(&mut item, CONNECTED_AT, number(row.connected_at.as_millis()));
    put(&mut item, ENDPOINT, string(row.endpoint.as_str()));
    put(&mut item, ENDPOINT_ID, string(placement.endpoint_id));
    if let Some(attributes) = &row.attributes {
        put(&mut item, JSON, string(attributes.to_string()));
    }
    item
}

/// The user, the tenant and the index keys that list a connection by them. Without a user or a
/// tenant its keys are left out, because an index takes no empty key.
pub(super) fn identity(
    id: &ConnectionId,
    user: Option<&UserId>,
    tenant: Option<&TenantId>,
    shards: u32,
) -> Vec<(&'static str, AttributeValue)> {
    let mut all = Vec::with_capacity(6);
    if let Some(user) = user {
        all.push((USER, user.as_str().to_owned()));
        all.extend(keys::user_entry(id, tenant, user));
    }
    if let Some(tenant) = tenant {
        all.push((TENANT, tenant.as_str().to_owned()));
        all.extend(keys::List::of_tenant(tenant).entry(id, shards));
    }
    all.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect()
}

/// The item that replaces a row when its connection ended: without index keys and without the user.
pub(super) fn tombstone(id: &ConnectionId, now_millis: u64) -> AttributeMap {
    let mut item = keys::row_key(id);
    put(&mut item, ENDED_AT, number(now_millis));
    put(&mut item, EXPIRES_AT, number(now_millis / 1000 + TOMBSTONE_SECONDS));
    item
}

/// An item of the app. It has no [`CONNECTED_AT`], so that it never reads as a row. In a group, it
/// has what the list index returns of its connection.
pub(super) fn from_item(row: &Row, item: &Item, placement: ListPlacement<'_>) -> AttributeMap {
    let mut stored = keys::item_key(&row.id, &item.key);
    put(&mut stored, EXPIRES_AT, number(row.expires_at().as_secs()));
    if let Some(value) = &item.value {
        put(&mut stored, JSON, string(value.to_string()));
    }
    if let Some(group) = &item.group {
        put(&mut stored, GROUP, string(group.as_str()));
        put(&mut stored, ENDPOINT_ID, string(placement.endpoint_id));
        if let Some(user) = &row.user {
            put(&mut stored, USER, string(user.as_str()));
        }
        let list = keys::List::of_group(row.tenant.as_ref(), group);
        for (name, value) in list.entry(&row.id, placement.shards) {
            put(&mut stored, name, string(value));
        }
    }
    stored
}

/// The item if it is a live row; `None` for a tombstone and for an item with keys only.
///
/// # Errors
/// When it has another layout.
pub(super) fn live_row(item: Option<AttributeMap>) -> Result<Option<AttributeMap>, StoreError> {
    let Some(item) = item else { return Ok(None) };
    match (item.contains_key(CONNECTED_AT), item.contains_key(ENDED_AT)) {
        (true, false) => Ok(Some(item)),
        (_, true) => Ok(None),
        // The embedded database returns an item with keys only when an update finds no item.
        (false, false) if item.len() <= 2 => Ok(None),
        (false, false) => Err(other_layout("this version of Lift did not write the row")),
    }
}

pub(super) fn has_items(item: &AttributeMap) -> bool {
    item.contains_key(HAS_ITEMS)
}

pub(super) fn to_row(item: &AttributeMap) -> Result<Row, StoreError> {
    Ok(Row {
        id: id(item)?,
        user: text(item, USER).map(Into::into),
        tenant: text(item, TENANT).map(Into::into),
        endpoint: text(item, ENDPOINT).ok_or_else(|| malformed(ENDPOINT))?.into(),
        connected_at: integer(item, CONNECTED_AT)
            .map(Timestamp::from_millis)
            .ok_or_else(|| malformed(CONNECTED_AT))?,
        attributes: json(item)?,
    })
}

pub(super) fn to_item(item: &AttributeMap) -> Result<Item, StoreError> {
    let key = text(item, SORT_KEY).and_then(|key| key.strip_prefix(keys::ITEM_PREFIX));
    Ok(Item {
        key: key.ok_or_else(|| malformed(SORT_KEY))?.to_owned(),
        group: text(item, GROUP).map(Into::into),
        value: json(item)?,
    })
}

/// What an index entry holds: the connection's id, its user, and the short id of its endpoint.
pub(super) fn to_entry(
    item: &AttributeMap,
) -> Result<(ConnectionId, Option<UserId>, &str), StoreError> {
    let endpoint_id = text(item, ENDPOINT_ID).ok_or_else(|| malformed(ENDPOINT_ID))?;
    Ok((id(item)?, text(item, USER).map(Into::into), endpoint_id))
}

fn id(item: &AttributeMap) -> Result<ConnectionId, StoreError> {
    text(item, PARTITION_KEY).and_then(keys::connection_id).ok_or_else(|| malformed(PARTITION_KEY))
}

fn json(item: &AttributeMap) -> Result<Option<Value>, StoreError> {
    let json = text(item, JSON).map(serde_json::from_str).transpose();
    json.map_err(|_| malformed(JSON))
}

pub(super) fn text<'a>(item: &'a AttributeMap, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn integer(item: &AttributeMap, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn put(item: &mut AttributeMap, name: &str, value: AttributeValue) {
    item.insert(name.to_owned(), value);
}

fn malformed(name: &str) -> StoreError {
    other_layout(&format!("the attribute `{name}` of an item is not one that Lift writes"))
}

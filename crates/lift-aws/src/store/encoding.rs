//! What an item holds: a row, a tombstone or an item of the app's, to and from DynamoDB's attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{self, Row, StoreError},
};
use serde_json::Value;

use super::{Item, error::foreign, keys};

/// How long a tombstone stands, in seconds: longer than any late write can be.
pub(crate) const TOMBSTONE_SECONDS: u64 = 900;

/// Marks a row beside which items were stored.
const HAS_ITEMS: &str = "i";

/// Where a connection is put, as META says.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The short id of the row's endpoint.
    pub(super) env: &'a str,
    /// Among how many shards a new entry of the list is put.
    pub(super) shards: u32,
}

pub(super) fn from_row(row: &Row, place: Place<'_>) -> Item {
    let mut item = keys::of(&row.id);
    let (user, tenant) = (row.user.as_ref(), row.tenant.as_ref());
    for (name, value) in identity(&row.id, user, tenant, place.shards) {
        put(&mut item, name, value);
    }
    put(&mut item, "ttl", number(row.expires_at()));
    put(&mut item, "ca", number(row.connected_at));
    put(&mut item, "e", string(row.endpoint.as_str()));
    put(&mut item, "env", string(place.env));
    if let Some(attributes) = &row.attributes {
        put(&mut item, "a", string(attributes.to_string()));
    }
    item
}

/// Who a connection is, and the keys under which it is listed for that: none without a user or a
/// tenant, because an index holds no empty key.
pub(super) fn identity(
    id: &ConnectionId,
    user: Option<&UserId>,
    tenant: Option<&TenantId>,
    shards: u32,
) -> Vec<(&'static str, AttributeValue)> {
    let mut all = Vec::with_capacity(6);
    if let Some(user) = user {
        all.push(("u", user.as_str().to_owned()));
        all.extend(keys::user_entry(id, tenant, user));
    }
    if let Some(tenant) = tenant {
        all.push(("t", tenant.as_str().to_owned()));
        all.extend(keys::List::of_tenant(tenant).entry(id, shards));
    }
    all.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect()
}

/// What stands in a row's place once its connection ended: no index keys and nothing of the user.
pub(super) fn tombstone(id: &ConnectionId, now_millis: u64) -> Item {
    let mut item = keys::of(id);
    put(&mut item, "gone", number(now_millis));
    put(&mut item, "ttl", number(now_millis / 1000 + TOMBSTONE_SECONDS));
    item
}

/// An item of the app's. It has no `ca`, so that it is never taken for a connection; what the index
/// tells of its connection, it has when it stands in a group.
pub(super) fn from_item(row: &Row, app: &store::Item, place: Place<'_>) -> Item {
    let mut item = keys::of_item(&row.id, &app.key);
    put(&mut item, "ttl", number(row.expires_at()));
    if let Some(value) = &app.value {
        put(&mut item, "a", string(value.to_string()));
    }
    if let Some(group) = &app.group {
        put(&mut item, "g", string(group.as_str()));
        put(&mut item, "env", string(place.env));
        if let Some(user) = &row.user {
            put(&mut item, "u", string(user.as_str()));
        }
        let list = keys::List::of_group(row.tenant.as_ref(), group);
        for (name, value) in list.entry(&row.id, place.shards) {
            put(&mut item, name, string(value));
        }
    }
    item
}

/// Whether an item is a live row; a tombstone and bare keys are not.
///
/// # Errors
/// When it is of another layout.
pub(super) fn row_of(item: Option<Item>) -> Result<Option<Item>, StoreError> {
    let Some(item) = item else { return Ok(None) };
    match (item.contains_key("ca"), item.contains_key("gone")) {
        (true, false) => Ok(Some(item)),
        (_, true) => Ok(None),
        // The embedded engine returns bare keys for what an update did not find.
        (false, false) if item.len() <= 2 => Ok(None),
        (false, false) => Err(foreign("a connection's item is not one of Lift's")),
    }
}

/// Whether an item is a row. Bare keys are none, and neither is a tombstone.
pub(crate) fn is_live(item: &Item) -> bool {
    item.contains_key("ca") && !item.contains_key("gone")
}

pub(super) fn has_items(item: &Item) -> bool {
    item.contains_key(HAS_ITEMS)
}

pub(super) fn to_row(item: &Item) -> Result<Row, StoreError> {
    Ok(Row {
        id: id(item)?,
        user: text(item, "u").map(Into::into),
        tenant: text(item, "t").map(Into::into),
        endpoint: text(item, "e").ok_or_else(|| wrong("e"))?.into(),
        connected_at: integer(item, "ca").ok_or_else(|| wrong("ca"))?,
        attributes: json(item)?,
    })
}

pub(super) fn to_item(item: &Item) -> Result<store::Item, StoreError> {
    let key = text(item, "sk").and_then(|key| key.strip_prefix(keys::ITEMS));
    Ok(store::Item {
        key: key.ok_or_else(|| wrong("sk"))?.to_owned(),
        group: text(item, "g").map(Into::into),
        value: json(item)?,
    })
}

/// What an index tells of a connection: its id, its user, and the id of its endpoint.
pub(super) fn to_entry(item: &Item) -> Result<(ConnectionId, Option<UserId>, &str), StoreError> {
    let env = text(item, "env").ok_or_else(|| wrong("env"))?;
    Ok((id(item)?, text(item, "u").map(Into::into), env))
}

fn id(item: &Item) -> Result<ConnectionId, StoreError> {
    text(item, "pk").and_then(keys::connection_id).ok_or_else(|| wrong("pk"))
}

fn json(item: &Item) -> Result<Option<Value>, StoreError> {
    let json = text(item, "a").map(serde_json::from_str).transpose();
    json.map_err(|_| wrong("a"))
}

pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn integer(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn put(item: &mut Item, name: &str, value: AttributeValue) {
    item.insert(name.to_owned(), value);
}

fn wrong(name: &str) -> StoreError {
    foreign(&format!("an item's attribute `{name}` is not what Lift writes"))
}

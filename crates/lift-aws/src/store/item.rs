//! What an item holds: a row or a tombstone, to and from DynamoDB's attributes.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{Member, Members, Row, StoreError},
};

use super::{Item, keys};

/// How long a tombstone stands, in seconds: longer than any late write can be.
const TOMBSTONE_SECONDS: u64 = 900;

pub(super) fn from_row(row: &Row) -> Item {
    let mut item = keys::of(&row.id);
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    let string = |text: &str| AttributeValue::S(text.to_owned());
    for (name, value) in identity(&row.id, row.tenant.as_ref(), row.user.as_ref()) {
        put(name, value);
    }
    put("ttl", AttributeValue::N(row.expires_at().to_string()));
    put("ca", AttributeValue::N(row.connected_at.to_string()));
    put("e", string(row.endpoint.as_str()));
    if let Some(attributes) = &row.attributes {
        put("a", AttributeValue::S(attributes.to_string()));
    }
    item
}

/// Who a connection is, and the keys under which it is listed for that.
pub(super) fn identity(
    id: &ConnectionId,
    tenant: Option<&TenantId>,
    user: Option<&UserId>,
) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let names = [
        user.map(|user| ("u", user.as_str().to_owned())),
        tenant.map(|tenant| ("t", tenant.as_str().to_owned())),
    ];
    let all = names.into_iter().flatten().chain(keys::indexed(id, tenant, user));
    all.map(|(name, text)| (name, AttributeValue::S(text)))
}

/// What stands in a row's place once its connection ended: no index keys and nothing of the user.
pub(super) fn tombstone(id: &ConnectionId, now: u64) -> Item {
    let mut item = keys::of(id);
    item.insert("gone".to_owned(), AttributeValue::N("1".to_owned()));
    item.insert("ttl".to_owned(), AttributeValue::N((now + TOMBSTONE_SECONDS).to_string()));
    item
}

/// Whether an item is a row. Bare keys are none, and neither is a tombstone.
pub(super) fn is_live(item: &Item) -> bool {
    item.contains_key("ca") && !item.contains_key("gone")
}

pub(super) fn to_row(item: &Item) -> Result<Row, StoreError> {
    let attributes =
        string(item, "a").map(|json| serde_json::from_str(json).map_err(|_| wrong("a")));
    Ok(Row {
        id: id(item)?,
        user: string(item, "u").map(Into::into),
        tenant: string(item, "t").map(Into::into),
        endpoint: string(item, "e").ok_or_else(|| wrong("e"))?.into(),
        connected_at: number(item, "ca").ok_or_else(|| wrong("ca"))?,
        attributes: attributes.transpose()?,
    })
}

/// An index entry. The second index holds the user; in the first, the key says who it is.
pub(super) fn to_member(entry: &Item, of: &Members) -> Result<Member, StoreError> {
    let user = match of {
        Members::User { user, .. } => Some(user.clone()),
        _ => string(entry, "u").map(Into::into),
    };
    Ok(Member { id: id(entry)?, user })
}

fn id(item: &Item) -> Result<ConnectionId, StoreError> {
    string(item, "pk").and_then(keys::connection_id).ok_or_else(|| wrong("pk"))
}

fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn wrong(name: &str) -> StoreError {
    StoreError::failed(format!("an item's attribute `{name}` is not what Lift writes"))
}

//! How an item is found: keys of the table and of its two indexes. Part of the stored format: a
//! change here makes live connections unreachable.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{GroupId, Members, Part, Position, StoreError, id_hash, range_hash},
};

use super::Item;

/// The sort key of a connection's own item.
const CONNECTION: &str = "CONNECTION";

/// What the sort keys of a connection's other items begin with. The item's key follows as it is: it
/// is the last, so that nothing can be mistaken for it, and the order of keys is kept.
pub(super) const ITEMS: &str = "ITEM#";

/// The row that all processes share: shard counts and endpoints.
const META: &str = "META";

/// A connection's own item.
pub(super) fn of(id: &ConnectionId) -> Item {
    key(&partition_key(id), CONNECTION)
}

/// An item beside it.
pub(super) fn of_item(id: &ConnectionId, name: &str) -> Item {
    key(&partition_key(id), &format!("{ITEMS}{name}"))
}

pub(super) fn of_meta() -> Item {
    key(META, META)
}

fn key(partition: &str, sort: &str) -> Item {
    let string = |text: &str| AttributeValue::S(text.to_owned());
    Item::from([("pk".to_owned(), string(partition)), ("sk".to_owned(), string(sort))])
}

pub(super) fn partition_key(id: &ConnectionId) -> String {
    format!("CONNECTION#{}", escape(id.as_str()))
}

/// The connection of an item, from its partition key.
pub(crate) fn connection_id(partition_key: &str) -> Option<ConnectionId> {
    Some(unescape(partition_key.strip_prefix("CONNECTION#")?).into())
}

/// The connection whose own item has these keys; `None` for items beside it, and for META.
pub(crate) fn connection_of(partition_key: &str, sort_key: &str) -> Option<ConnectionId> {
    connection_id(partition_key).filter(|_| sort_key == CONNECTION)
}

/// A list in the second index, which is cut into shards: its partition keys, less the shard. The
/// shard counts of those that grew are kept by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct List(String);

impl List {
    pub(super) fn of_tenant(tenant: &TenantId) -> Self {
        Self(format!("TENANT#{}", escape(tenant.as_str())))
    }

    /// Ids are never empty, so an empty tenant is none's.
    pub(super) fn of_group(tenant: Option<&TenantId>, group: &GroupId) -> Self {
        let tenant = tenant.map_or(String::new(), |tenant| escape(tenant.as_str()));
        Self(format!("GROUP#{tenant}#{}", escape(group.as_str())))
    }

    /// A name that was stored before.
    pub(super) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    fn shard(&self, shard: u32) -> String {
        format!("{}#{shard}", self.0)
    }

    /// The keys under which a connection stands in the list, cut into so many shards, a power of
    /// two. The low bits of the hash choose one, and the high bits, which are independent of them,
    /// the place in it.
    pub(super) fn entry(&self, id: &ConnectionId, shards: u32) -> [(&'static str, String); 2] {
        let shard = (id_hash(id) & u64::from(shards.saturating_sub(1))) as u32;
        [("gsi2pk", self.shard(shard)), ("gsi2sk", sort_key(range_hash(id)))]
    }
}

/// The keys under which a user's connection stands in the first index.
pub(super) fn user_entry(
    id: &ConnectionId,
    tenant: Option<&TenantId>,
    user: &UserId,
) -> [(&'static str, String); 2] {
    [("gsi1pk", user_key(tenant, user)), ("gsi1sk", sort_key(range_hash(id)))]
}

/// The list in the second index that members stand in; `None` for a user's, which is in the first.
pub(super) fn list(of: &Members) -> Option<List> {
    match of {
        Members::Tenant(tenant) => Some(List::of_tenant(tenant)),
        Members::Group { tenant, group } => Some(List::of_group(tenant.as_ref(), group)),
        _ => None,
    }
}

/// Where a part of a list is read.
pub(super) struct Range {
    pub(super) index: &'static str,
    /// Of the partition key and the sort key.
    pub(super) names: (&'static str, &'static str),
    pub(super) partition: String,
    pub(super) from: String,
    pub(super) to: String,
}

pub(super) fn range(of: &Members, part: Part) -> Result<Range, StoreError> {
    let (index, names, partition) = match (of, list(of)) {
        (_, Some(list)) => ("gsi2", ("gsi2pk", "gsi2sk"), list.shard(part.shard)),
        (Members::User { tenant, user }, None) => {
            ("gsi1", ("gsi1pk", "gsi1sk"), user_key(tenant.as_ref(), user))
        }
        // `Members` may grow; a store that does not know a list must not answer another.
        _ => return Err(StoreError::failed(format!("{of:?} is a list that this store has not"))),
    };
    Ok(Range { index, names, partition, from: sort_key(part.from), to: sort_key(part.to) })
}

/// Connection ids are ordered by time, and DynamoDB splits no key range for heat that is accessed in
/// order; their hashes are not.
fn sort_key(hash: u32) -> String {
    format!("{hash:08x}")
}

fn user_key(tenant: Option<&TenantId>, user: &UserId) -> String {
    match tenant {
        Some(tenant) => format!("USER#{}#{}", escape(tenant.as_str()), escape(user.as_str())),
        None => format!("USER#{}", escape(user.as_str())),
    }
}

/// Makes an id safe to join by `#`: else tenant `a#b` with user `c` were tenant `a` with `b#c`.
fn escape(id: &str) -> String {
    id.replace('%', "%25").replace('#', "%23")
}

fn unescape(id: &str) -> String {
    id.replace("%23", "#").replace("%25", "%")
}

/// Where a page ended: the place in the list and the item's own keys. The list is not in it, so that
/// no position leads into another.
pub(super) fn to_position(last: &Item, range: &Range) -> Result<Position, StoreError> {
    let string = |name: &str| last.get(name)?.as_s().ok();
    let place = (|| Some((string(range.names.1)?, string("pk")?, string("sk")?)))();
    let place = place.ok_or_else(|| StoreError::failed("a key is not a string"))?;
    serde_json::to_string(&place).map(Position).map_err(StoreError::failed)
}

pub(super) fn from_position(position: &Position, range: &Range) -> Result<Item, StoreError> {
    let place: (String, String, String) =
        serde_json::from_str(&position.0).map_err(StoreError::invalid)?;
    let mut item = key(&place.1, &place.2);
    item.insert(range.names.0.to_owned(), AttributeValue::S(range.partition.clone()));
    item.insert(range.names.1.to_owned(), AttributeValue::S(place.0));
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fixed_for_ever() {
        // A change here loses every stored connection.
        let (id, tenant) = (ConnectionId::from("R1kmxc2VNjMCFIA="), TenantId::from("a#b"));
        let entry = |list: List| list.entry(&id, 4).map(|(_, value)| value);
        let sort = "22989944";
        assert_eq!(entry(List::of_tenant(&tenant)), ["TENANT#a%23b#1", sort]);
        assert_eq!(
            entry(List::of_group(Some(&tenant), &"tea".into())),
            ["GROUP#a%23b#tea#1", sort]
        );
        assert_eq!(entry(List::of_group(None, &"tea".into())), ["GROUP##tea#1", sort]);
        let user = user_entry(&id, Some(&tenant), &"ana".into()).map(|(_, value)| value);
        assert_eq!(user, ["USER#a%23b#ana", sort]);
        let wide = List::of_tenant(&tenant).entry(&id, 256);
        assert_eq!(wide[0].1, "TENANT#a%23b#57");
    }

    #[test]
    fn escaping_keeps_ids_apart_and_comes_back() {
        for id in ["a#b", "a%23b", "%", "#", "%25", "a/b", "ü🚀\"", ""] {
            assert_eq!(unescape(&escape(id)), id);
            assert!(!escape(id).contains('#'));
        }
        let tenant = |id: &str| TenantId::from(id);
        let user = |id: &str| UserId::from(id);
        let keys = [
            user_key(Some(&tenant("a#b")), &user("c")),
            user_key(Some(&tenant("a")), &user("b#c")),
            user_key(Some(&tenant("a%23b")), &user("c")),
            user_key(None, &user("a#b#c")),
            user_key(None, &user("a%23b")),
        ];
        let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "{keys:?}");
    }
}

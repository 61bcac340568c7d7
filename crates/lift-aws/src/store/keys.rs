//! The keys of items, in the table and in its two indexes. They are part of the stored format:
//! after a change here, live connections are not found.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{GroupId, ListKey, Part, Position, StoreError, id_hash, range_hash},
};

use super::attributes::{
    AttributeMap, LIST_INDEX, LIST_INDEX_PARTITION_KEY, LIST_INDEX_SORT_KEY, PARTITION_KEY,
    SORT_KEY, USER_INDEX, USER_INDEX_PARTITION_KEY, USER_INDEX_SORT_KEY,
};

/// The sort key of rows.
const ROW: &str = "CONNECTION";

/// Begins the partition keys of a connection's row and items. The escaped id follows.
const CONNECTION_PREFIX: &str = "CONNECTION#";

/// Begins the sort keys of the app's items. The item's key follows unescaped: nothing follows it,
/// and so items keep the order of their keys.
pub(super) const ITEM_PREFIX: &str = "ITEM#";

/// Both keys of META, the row that all processes share.
pub(super) const META: &str = "META";

/// The key of a connection's row.
pub(super) fn row_key(id: &ConnectionId) -> AttributeMap {
    key(&partition_key(id), ROW)
}

/// The key of an item that was read.
pub(super) fn key_of_item(item: &AttributeMap) -> AttributeMap {
    [PARTITION_KEY, SORT_KEY]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone())))
        .collect()
}

/// The key of an app's item beside a row.
pub(super) fn item_key(id: &ConnectionId, item_key: &str) -> AttributeMap {
    key(&partition_key(id), &format!("{ITEM_PREFIX}{item_key}"))
}

pub(super) fn meta_key() -> AttributeMap {
    key(META, META)
}

fn key(partition: &str, sort: &str) -> AttributeMap {
    let string = |text: &str| AttributeValue::S(text.to_owned());
    AttributeMap::from([
        (PARTITION_KEY.to_owned(), string(partition)),
        (SORT_KEY.to_owned(), string(sort)),
    ])
}

pub(super) fn partition_key(id: &ConnectionId) -> String {
    format!("{CONNECTION_PREFIX}{}", escape(id.as_str()))
}

/// The connection of a row or an item, from its partition key.
pub(super) fn connection_id(partition_key: &str) -> Option<ConnectionId> {
    Some(unescape(partition_key.strip_prefix(CONNECTION_PREFIX)?).into())
}

/// The connection whose row has these keys; `None` for an app's item and for META.
pub(crate) fn connection_of(partition_key: &str, sort_key: &str) -> Option<ConnectionId> {
    connection_id(partition_key).filter(|_| sort_key == ROW)
}

/// A list in the list index: the partition key of its shards, without the shard's number. META has
/// its shard count under this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct List(String);

impl List {
    pub(super) fn of_tenant(tenant: &TenantId) -> Self {
        Self(format!("TENANT#{}", escape(tenant.as_str())))
    }

    /// Ids are never empty, so an empty tenant stands for none.
    pub(super) fn of_group(tenant: Option<&TenantId>, group: &GroupId) -> Self {
        let tenant = tenant.map_or(String::new(), |tenant| escape(tenant.as_str()));
        Self(format!("GROUP#{tenant}#{}", escape(group.as_str())))
    }

    /// A list by its stored name.
    pub(super) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    fn shard(&self, shard: u32) -> String {
        format!("{}#{shard}", self.0)
    }

    /// The index keys of a connection's entry in the list, for a number of shards that is a power
    /// of two. The low bits of the hash choose the shard. The high bits, which are independent of
    /// them, are the sort key.
    pub(super) fn entry(&self, id: &ConnectionId, shards: u32) -> [(&'static str, String); 2] {
        let shard = (id_hash(id) & u64::from(shards.saturating_sub(1))) as u32;
        [
            (LIST_INDEX_PARTITION_KEY, self.shard(shard)),
            (LIST_INDEX_SORT_KEY, sort_key(range_hash(id))),
        ]
    }
}

/// The index keys of a user's connection in the user index.
pub(super) fn user_entry(
    id: &ConnectionId,
    tenant: Option<&TenantId>,
    user: &UserId,
) -> [(&'static str, String); 2] {
    [
        (USER_INDEX_PARTITION_KEY, user_key(tenant, user)),
        (USER_INDEX_SORT_KEY, sort_key(range_hash(id))),
    ]
}

/// The list of members in the list index; `None` for a user's connections, which are in the user
/// index.
pub(super) fn list(list_key: &ListKey) -> Option<List> {
    match list_key {
        ListKey::Tenant(tenant) => Some(List::of_tenant(tenant)),
        ListKey::Group { tenant, group } => Some(List::of_group(tenant.as_ref(), group)),
        _ => None,
    }
}

/// The range of an index that a part of a list covers.
pub(super) struct Range {
    pub(super) index: &'static str,
    /// The names of the index's partition key and sort key.
    pub(super) key_names: (&'static str, &'static str),
    pub(super) partition: String,
    pub(super) from: String,
    pub(super) to: String,
}

pub(super) fn range(list_key: &ListKey, part: Part) -> Result<Range, StoreError> {
    let (index, key_names, partition) = match (list_key, list(list_key)) {
        (_, Some(list)) => {
            let key_names = (LIST_INDEX_PARTITION_KEY, LIST_INDEX_SORT_KEY);
            (LIST_INDEX, key_names, list.shard(part.shard))
        }
        (ListKey::User { tenant, user }, None) => {
            let key_names = (USER_INDEX_PARTITION_KEY, USER_INDEX_SORT_KEY);
            (USER_INDEX, key_names, user_key(tenant.as_ref(), user))
        }
        // `ListKey` may grow, and another list must not be returned instead.
        _ => {
            return Err(StoreError::failed(format!(
                "this store does not have the list {list_key:?}"
            )));
        }
    };
    Ok(Range { index, key_names, partition, from: sort_key(part.from), to: sort_key(part.to) })
}

/// A hash, not the connection's id: ids are ordered by time, and DynamoDB does not split a hot key
/// range that is accessed in order.
fn sort_key(hash: u32) -> String {
    format!("{hash:08x}")
}

fn user_key(tenant: Option<&TenantId>, user: &UserId) -> String {
    match tenant {
        Some(tenant) => format!("USER#{}#{}", escape(tenant.as_str()), escape(user.as_str())),
        None => format!("USER#{}", escape(user.as_str())),
    }
}

/// Makes an id safe to join by `#`. Without it, tenant `a#b` with user `c` would be tenant `a` with
/// user `b#c`.
fn escape(id: &str) -> String {
    id.replace('%', "%25").replace('#', "%23")
}

fn unescape(id: &str) -> String {
    id.replace("%23", "#").replace("%25", "%")
}

/// The position after the last entry of a page: its sort key in the index, and its keys in the
/// table. The list is not part of it, so a position cannot lead into another list.
pub(super) fn to_position(last: &AttributeMap, range: &Range) -> Result<Position, StoreError> {
    let string = |name: &str| last.get(name)?.as_s().ok();
    let keys = (|| Some((string(range.key_names.1)?, string(PARTITION_KEY)?, string(SORT_KEY)?)))();
    let keys = keys.ok_or_else(|| StoreError::failed("a key is not a string"))?;
    serde_json::to_string(&keys).map(Position::new).map_err(StoreError::failed)
}

pub(super) fn from_position(
    position: &Position,
    range: &Range,
) -> Result<AttributeMap, StoreError> {
    let (index_sort, partition, sort): (String, String, String) =
        serde_json::from_str(position.as_str()).map_err(StoreError::invalid)?;
    let mut item = key(&partition, &sort);
    item.insert(range.key_names.0.to_owned(), AttributeValue::S(range.partition.clone()));
    item.insert(range.key_names.1.to_owned(), AttributeValue::S(index_sort));
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_part_of_the_stored_format() {
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
    fn escaping_is_reversible_and_keeps_ids_apart() {
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

//! How an item is found: keys of the table and of its two indexes. Part of the stored format: a
//! change here makes live connections unreachable.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{Members, Part, Position, StoreError},
};

use super::Item;

/// The sort key of a connection's own item.
pub(super) const CONNECTION: &str = "CONNECTION";

/// Into how many shards a tenant's list is cut; a power of two. One carries 500 connects and
/// disconnects a second (connection-store reference, section 3).
const SHARDS: u32 = 4;

pub(super) fn of(id: &ConnectionId) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(partition_key(id))),
        ("sk".to_owned(), AttributeValue::S(CONNECTION.to_owned())),
    ])
}

/// The keys under which a connection stands in the indexes: absent without a user or a tenant.
pub(super) fn indexed(
    id: &ConnectionId,
    tenant: Option<&TenantId>,
    user: Option<&UserId>,
) -> impl Iterator<Item = (&'static str, String)> {
    let hash = hash64(id.as_str().as_bytes());
    // The high bits: connection ids are ordered by time, and DynamoDB splits no key range for heat
    // that is accessed in order.
    let sort = format!("{:08x}", hash >> 32);
    // The low bits, which are independent of them.
    let shard = Part((hash & u64::from(SHARDS - 1)) as u32);
    let by_user = user.map(|user| [("gsi1pk", user_key(tenant, user)), ("gsi1sk", sort.clone())]);
    let by_tenant = tenant.map(|tenant| [("gsi2pk", tenant_key(tenant, shard)), ("gsi2sk", sort)]);
    [by_user, by_tenant].into_iter().flatten().flatten()
}

/// The parts of a list: shards of a tenant; a user's connections are one.
pub(super) fn parts(of: &Members) -> Vec<Part> {
    match of {
        Members::Tenant(_) => (0..SHARDS).map(Part).collect(),
        _ => vec![Part(0)],
    }
}

/// The index, its partition key's name and the key of a part.
pub(super) fn partition(of: &Members, part: Part) -> (&'static str, &'static str, String) {
    match of {
        Members::Tenant(tenant) => ("gsi2", "gsi2pk", tenant_key(tenant, part)),
        Members::User { tenant, user } => ("gsi1", "gsi1pk", user_key(tenant.as_ref(), user)),
        // `Members` may grow; a store that does not know a list must not answer another.
        _ => ("gsi1", "gsi1pk", "UNKNOWN".to_owned()),
    }
}

fn partition_key(id: &ConnectionId) -> String {
    format!("CONNECTION#{}", escape(id.as_str()))
}

/// The connection of an item, from its partition key.
pub(super) fn connection_id(partition_key: &str) -> Option<ConnectionId> {
    Some(unescape(partition_key.strip_prefix("CONNECTION#")?).into())
}

fn user_key(tenant: Option<&TenantId>, user: &UserId) -> String {
    match tenant {
        Some(tenant) => format!("USER#{}#{}", escape(tenant.as_str()), escape(user.as_str())),
        None => format!("USER#{}", escape(user.as_str())),
    }
}

fn tenant_key(tenant: &TenantId, Part(shard): Part) -> String {
    format!("TENANT#{}#{shard}", escape(tenant.as_str()))
}

/// Makes an id safe to join by `#`: else tenant `a#b` with user `c` were tenant `a` with `b#c`.
fn escape(id: &str) -> String {
    id.replace('%', "%25").replace('#', "%23")
}

fn unescape(id: &str) -> String {
    id.replace("%23", "#").replace("%25", "%")
}

/// FNV-1a with murmur's finaliser. Fixed for ever: the keys in every table depend on it.
fn hash64(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Where a page ended: DynamoDB's last evaluated key, all of whose attributes are strings.
pub(super) fn to_position(key: &Item) -> Result<Position, StoreError> {
    let strings: Option<BTreeMap<&str, &String>> =
        key.iter().map(|(name, value)| Some((name.as_str(), value.as_s().ok()?))).collect();
    let strings = strings.ok_or_else(|| StoreError::failed("a key is not a string"))?;
    serde_json::to_string(&strings).map(Position).map_err(StoreError::failed)
}

pub(super) fn from_position(position: &Position) -> Result<Item, StoreError> {
    let strings: BTreeMap<String, String> =
        serde_json::from_str(&position.0).map_err(StoreError::invalid)?;
    Ok(strings.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fixed_for_ever() {
        // FNV-1a's own vectors, finalised: a change here loses every stored connection.
        let vectors = [("", 0xefd0_1f60_ba99_2926), ("a", 0x82a2_a958_a9be_ce5b)];
        for (text, hash) in vectors {
            assert_eq!(hash64(text.as_bytes()), hash, "{text:?}: {:#x}", hash64(text.as_bytes()));
        }
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

    #[test]
    fn clock_ordered_ids_spread_evenly_over_the_shards() {
        let mut shards = [0_u32; SHARDS as usize];
        for n in 0..20_000_u32 {
            let id = ConnectionId::from(format!("R1kmx{n:05}IFIA="));
            let tenant = TenantId::from("t");
            let keys: BTreeMap<_, _> = indexed(&id, Some(&tenant), None).collect();
            let shard: usize = keys["gsi2pk"].rsplit('#').next().unwrap().parse().unwrap();
            shards[shard] += 1;
        }
        assert!(shards.iter().all(|count| (4_700..5_300).contains(count)), "{shards:?}");
    }
}

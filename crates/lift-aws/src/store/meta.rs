//! The META row, which all processes share: the endpoints behind the short ids in index entries,
//! and the shard counts of lists. This is its stored form; [`meta_cache`](super::meta_cache) reads
//! and writes it.
//!
//! Endpoints are added and never changed. Shard counts change as [`shards`](super::shards) says.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{ConnectionId, push::Endpoint, store::id_hash};

use super::{
    attributes::{
        AttributeMap, META_ENDPOINT_PREFIX, META_SHARDS, META_SHARDS_PREFIX, SHARDS_COUNT,
        SHARDS_PREVIOUS, SHARDS_SINCE,
    },
    encoding::{integer, number},
    keys::List,
    shards::Shards,
};

/// META as it was read.
#[derive(Debug)]
pub(super) struct Meta {
    shards: u32,
    endpoints: HashMap<String, Endpoint>,
    shards_by_list: HashMap<List, Shards>,
}

impl Meta {
    /// Decodes the row; `None` when it is not what Lift writes.
    pub(super) fn decode(item: &AttributeMap) -> Option<Self> {
        let shards = u32::try_from(integer(item, META_SHARDS)?).ok()?;
        let (mut endpoints, mut shards_by_list) = (HashMap::new(), HashMap::new());
        for (name, value) in item {
            if let Some(id) = name.strip_prefix(META_ENDPOINT_PREFIX) {
                endpoints.insert(id.to_owned(), value.as_s().ok()?.as_str().into());
            } else if let Some(list) = name.strip_prefix(META_SHARDS_PREFIX) {
                shards_by_list.insert(List::named(list), to_shards(value.as_m().ok()?)?);
            }
        }
        Some(Self { shards, endpoints, shards_by_list })
    }

    pub(super) fn shards(&self, list: &List) -> Shards {
        self.shards_by_list.get(list).copied().unwrap_or(Shards::fixed(self.shards))
    }

    pub(super) fn endpoint(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.get(id)
    }

    /// The change that doubles a list's shards; `None` while it may not grow.
    pub(super) fn growth(&self, list: &List, now_seconds: u64) -> Option<ShardCountUpdate> {
        let new = self.shards(list).doubled(now_seconds)?;
        Some(ShardCountUpdate {
            attribute: format!("{META_SHARDS_PREFIX}{}", list.name()),
            old: self.shards_by_list.get(list).copied().map(from_shards),
            new: from_shards(new),
            shards: new.n,
        })
    }
}

/// A change of a list's shard count. It holds only if no other process has changed it since.
pub(super) struct ShardCountUpdate {
    pub(super) attribute: String,
    pub(super) old: Option<AttributeValue>,
    pub(super) new: AttributeValue,
    pub(super) shards: u32,
}

/// The attribute that holds the endpoint of a short id.
pub(super) fn endpoint_attribute(id: &str) -> String {
    format!("{META_ENDPOINT_PREFIX}{id}")
}

/// The short id of an endpoint: 30 bits of its hash in six letters, so that an index entry is
/// small. It is stored, so it must not change.
pub(super) fn short_id(endpoint: &Endpoint) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = id_hash(&ConnectionId::from(endpoint.as_str()));
    (0..6).map(|n| char::from(LETTERS[(hash >> (5 * n)) as usize % 32])).collect()
}

fn to_shards(map: &AttributeMap) -> Option<Shards> {
    let count = |name| u32::try_from(integer(map, name)?).ok();
    Some(Shards {
        n: count(SHARDS_COUNT)?,
        prev: count(SHARDS_PREVIOUS)?,
        since: integer(map, SHARDS_SINCE)?,
    })
}

fn from_shards(Shards { n, prev, since }: Shards) -> AttributeValue {
    let fields =
        [(SHARDS_COUNT, u64::from(n)), (SHARDS_PREVIOUS, prev.into()), (SHARDS_SINCE, since)];
    AttributeValue::M(fields.map(|(name, value)| (name.to_owned(), number(value))).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_part_of_the_stored_format() {
        let id = |endpoint: &str| short_id(&endpoint.into());
        assert_eq!(id("https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"), "kjl2oh");
        assert_eq!(id("http://127.0.0.1:3001/local"), "ikvhoh");
    }
}

//! The META row, which all processes share: the endpoints behind the short ids in the indexes, and
//! into how many shards lists are cut. How it stands in the table; [`known`](super::known) reads it.
//!
//! Endpoints are added and never changed. Shard counts change as [`shards`](super::shards) says.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::{ConnectionId, Endpoint, store::id_hash};

use super::{
    Item,
    item::{integer, number},
    keys::List,
    shards::Shards,
};

/// What the names of its attributes begin with.
const ENDPOINT: &str = "env#";
const GROWN: &str = "shards#";

/// What META said when it was read.
#[derive(Debug)]
pub(super) struct Meta {
    shards: u32,
    endpoints: HashMap<String, Endpoint>,
    grown: HashMap<List, Shards>,
}

impl Meta {
    pub(super) fn shards(&self, list: &List) -> Shards {
        self.grown.get(list).copied().unwrap_or(Shards::fixed(self.shards))
    }

    pub(super) fn endpoint(&self, env: &str) -> Option<&Endpoint> {
        self.endpoints.get(env)
    }

    /// How a list is cut into twice as many shards, if it may be by now.
    pub(super) fn growth(&self, list: &List, now: u64) -> Option<Growth> {
        let new = self.shards(list).doubled(now)?;
        Some(Growth {
            attribute: format!("{GROWN}{}", list.name()),
            old: self.grown.get(list).copied().map(from_shards),
            new: from_shards(new),
            shards: new.n,
        })
    }

    pub(super) fn read(item: &Item) -> Option<Self> {
        let shards = u32::try_from(integer(item, "shards")?).ok()?;
        let (mut endpoints, mut grown) = (HashMap::new(), HashMap::new());
        for (name, value) in item {
            if let Some(env) = name.strip_prefix(ENDPOINT) {
                endpoints.insert(env.to_owned(), value.as_s().ok()?.as_str().into());
            } else if let Some(list) = name.strip_prefix(GROWN) {
                grown.insert(List::named(list), to_shards(value.as_m().ok()?)?);
            }
        }
        Some(Self { shards, endpoints, grown })
    }
}

/// A change of META, which holds only if no other process has changed the list since.
pub(super) struct Growth {
    pub(super) attribute: String,
    pub(super) old: Option<AttributeValue>,
    pub(super) new: AttributeValue,
    pub(super) shards: u32,
}

/// The attribute that holds the endpoint of a short id.
pub(super) fn endpoint_attribute(env: &str) -> String {
    format!("{ENDPOINT}{env}")
}

/// A short id of an endpoint: 30 bits of its hash in six letters, so that an index entry is small.
/// Fixed for ever, as the hash is.
pub(super) fn short_id(endpoint: &Endpoint) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = id_hash(&ConnectionId::from(endpoint.as_str()));
    (0..6).map(|place| char::from(LETTERS[(hash >> (5 * place)) as usize % 32])).collect()
}

fn to_shards(map: &Item) -> Option<Shards> {
    let narrow = |name| u32::try_from(integer(map, name)?).ok();
    Some(Shards { n: narrow("n")?, prev: narrow("prev")?, since: integer(map, "since")? })
}

fn from_shards(Shards { n, prev, since }: Shards) -> AttributeValue {
    let fields = [("n", u64::from(n)), ("prev", prev.into()), ("since", since)];
    AttributeValue::M(fields.map(|(name, value)| (name.to_owned(), number(value))).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_fixed_for_ever() {
        let id = |endpoint: &str| short_id(&endpoint.into());
        assert_eq!(id("https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"), "kjl2oh");
        assert_eq!(id("http://127.0.0.1:3001/local"), "ikvhoh");
    }
}

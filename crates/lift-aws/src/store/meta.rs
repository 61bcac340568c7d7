//! The META row, which all processes share: the endpoints behind the short ids in the indexes, and
//! into how many shards lists are cut. How it stands in the table and the requests for it;
//! [`meta_cache`](super::meta_cache) says when they are sent.
//!
//! Endpoints are added and never changed. Shard counts change as [`shards`](super::shards) says.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use lift_ws::{
    ConnectionId,
    push::Endpoint,
    store::{StoreError, id_hash},
};

use super::{
    DynamoStore, Item,
    encoding::{self, integer, number, text},
    error::{Failure, foreign},
    keys::{self, List},
    shards::Shards,
};

/// What the names of its attributes begin with.
const ENDPOINT: &str = "env#";
const GROWN: &str = "shards#";

/// How many items tell whose table it is, when META is not there yet.
const LOOKED_AT: i32 = 25;

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

impl DynamoStore {
    pub(super) async fn read_meta(&self) -> Result<Arc<Meta>, StoreError> {
        let asked = self.now_seconds();
        let get = self.client.get_item().table_name(&self.table).set_key(Some(keys::of_meta()));
        // Consistent: an endpoint is looked for as soon as its first connection is listed.
        let found = get.consistent_read(true).send().await.map_err(Failure::from)?;
        match found.item {
            Some(found) => self.learn(&found, asked),
            None => {
                self.refuse_another_layout().await?;
                Ok(self.changed_meta(self.update_meta("")).await?)
            }
        }
    }

    /// An update that makes META when it is missing, and sets something else.
    pub(super) fn update_meta(&self, also: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::of_meta()))
            .update_expression(format!("SET #shards = if_not_exists(#shards, :shards){also}"))
            .expression_attribute_names("#shards", "shards")
            .expression_attribute_values(":shards", number(self.shards.into()))
            .return_values(ReturnValue::AllNew)
    }

    pub(super) async fn changed_meta(
        &self,
        update: UpdateItemFluentBuilder,
    ) -> Result<Arc<Meta>, Failure> {
        let asked = self.now_seconds();
        let updated = update.send().await?;
        self.learn(&updated.attributes.unwrap_or_default(), asked).map_err(Failure::Other)
    }

    /// A table without META is new, or another's. Needs the right `dynamodb:Scan`; without it, what
    /// is not Lift's is refused when it is met.
    async fn refuse_another_layout(&self) -> Result<(), StoreError> {
        let scan = self.client.scan().table_name(&self.table).limit(LOOKED_AT).send().await;
        let Ok(found) = scan else { return Ok(()) };
        let is_ours = |found: &Item| {
            let sort = text(found, "sk").unwrap_or_default();
            let is_item = sort.starts_with(keys::ITEMS) && found.contains_key("ttl");
            is_item || encoding::is_live(found) || found.contains_key("gone") || sort == "META"
        };
        match found.items().iter().find(|found| !is_ours(found)) {
            None => Ok(()),
            Some(other) => {
                let key = text(other, "pk").unwrap_or_default();
                Err(foreign(&format!("the item `{key}` was not written by this version")))
            }
        }
    }
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

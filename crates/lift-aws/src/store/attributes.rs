//! The names of the table's attributes and indexes. They are part of the stored format: the store,
//! the stream's events and the definition of the table all take them from here.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// A DynamoDB item: its attributes by name.
pub(crate) type AttributeMap = HashMap<String, AttributeValue>;

/// The table's partition key.
pub(crate) const PARTITION_KEY: &str = "pk";

/// The table's sort key.
pub(crate) const SORT_KEY: &str = "sk";

/// The index that lists a user's connections.
pub(crate) const USER_INDEX: &str = "gsi1";

/// The partition key of [`USER_INDEX`].
pub(crate) const USER_INDEX_PARTITION_KEY: &str = "gsi1pk";

/// The sort key of [`USER_INDEX`].
pub(crate) const USER_INDEX_SORT_KEY: &str = "gsi1sk";

/// The index that lists the connections of tenants and groups, in shards.
pub(crate) const LIST_INDEX: &str = "gsi2";

/// The partition key of [`LIST_INDEX`].
pub(crate) const LIST_INDEX_PARTITION_KEY: &str = "gsi2pk";

/// The sort key of [`LIST_INDEX`].
pub(crate) const LIST_INDEX_SORT_KEY: &str = "gsi2sk";

/// When the item expires, in seconds since 1970: DynamoDB's time to live.
pub(crate) const EXPIRES_AT: &str = "ttl";

/// When the connection opened, in milliseconds since 1970. Only rows have it, live ones and no
/// other item.
pub(crate) const CONNECTED_AT: &str = "ca";

/// When the connection ended, in milliseconds since 1970. Only tombstones have it. The short names are part of the
/// stored format.
pub(crate) const ENDED_AT: &str = "gone";

/// The connection's user.
pub(crate) const USER: &str = "u";

/// The connection's tenant.
pub(crate) const TENANT: &str = "t";

/// The management endpoint of the connection's API, a URL.
pub(crate) const ENDPOINT: &str = "e";

/// The short id of the endpoint, which index entries have instead of the URL. The name is part of the stored format
/// and has nothing to do with execution environments.
pub(crate) const ENDPOINT_ID: &str = "env";

/// JSON of the app's: a row's attributes, or an item's value.
pub(crate) const JSON: &str = "a";

/// The group that an item puts its connection in.
pub(crate) const GROUP: &str = "g";

/// Marks a row beside which items were stored.
pub(crate) const HAS_ITEMS: &str = "i";

/// In META: the number of shards of lists that never grew.
pub(crate) const META_SHARDS: &str = "shards";

/// In META: begins the attribute that holds the endpoint of a short id.
pub(crate) const META_ENDPOINT_PREFIX: &str = "env#";

/// In META: begins the attribute that holds the shard count of a list that grew.
pub(crate) const META_SHARDS_PREFIX: &str = "shards#";

/// In a shard count: the number of shards.
pub(crate) const SHARDS_COUNT: &str = "n";

/// In a shard count: the number before.
pub(crate) const SHARDS_PREVIOUS: &str = "prev";

/// In a shard count: when the number changed, in seconds since 1970.
pub(crate) const SHARDS_SINCE: &str = "since";

/// Whether an item is the row of a live connection, not a tombstone or an item with keys only. `V` is an
/// attribute's value, of the SDK or of a stream record.
pub(crate) fn is_live<V>(item: &HashMap<String, V>) -> bool {
    item.contains_key(CONNECTED_AT) && !item.contains_key(ENDED_AT)
}

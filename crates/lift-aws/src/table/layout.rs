//! What the table of connections is. From this alone it is created and checked.

use super::description::{Key, Role};

/// A partition key and a sort key, both strings.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) partition: &'static str,
    pub(super) sort: &'static str,
}

/// A global secondary index, and the attributes that it holds beside all keys.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) name: &'static str,
    pub(super) keys: Keys,
    pub(super) projected: &'static [&'static str],
}

pub(super) const KEYS: Keys = Keys { partition: "pk", sort: "sk" };

/// An index projects the least: what it does not hold costs nothing when it changes.
pub(super) const INDEXES: [Index; 2] = [
    Index {
        name: "gsi1",
        keys: Keys { partition: "gsi1pk", sort: "gsi1sk" },
        projected: &["ttl", "env"],
    },
    Index {
        name: "gsi2",
        keys: Keys { partition: "gsi2pk", sort: "gsi2sk" },
        projected: &["ttl", "u", "env"],
    },
];

/// The attribute by which items expire, in seconds since 1970.
pub(super) const EXPIRY: &str = "ttl";

/// What a stream holds of a change. Presence needs both: a tombstone has no user.
pub(super) const STREAM: &str = "NEW_AND_OLD_IMAGES";

impl Keys {
    /// As a description says them.
    pub(super) fn described(&self) -> Vec<Key> {
        let key =
            |name: &str, role| Key { name: name.to_owned(), role, value_type: "S".to_owned() };
        vec![key(self.partition, Role::Hash), key(self.sort, Role::Range)]
    }

    /// Their names.
    pub(super) fn names(&self) -> [&'static str; 2] {
        [self.partition, self.sort]
    }
}

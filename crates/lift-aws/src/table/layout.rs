//! The layout of the table of connections as data. A table is created and checked by it alone.

use super::description::{KeyAttribute, KeyRole};
use crate::store::attributes::{
    ENDPOINT_ID, EXPIRES_AT, LIST_INDEX, LIST_INDEX_PARTITION_KEY, LIST_INDEX_SORT_KEY,
    PARTITION_KEY, SORT_KEY, USER, USER_INDEX, USER_INDEX_PARTITION_KEY, USER_INDEX_SORT_KEY,
};

/// A partition key and a sort key, both strings.
#[derive(Debug)]
pub(super) struct KeyLayout {
    pub(super) partition: &'static str,
    pub(super) sort: &'static str,
}

/// A global secondary index, with the attributes that it projects beside all keys.
#[derive(Debug)]
pub(super) struct IndexLayout {
    pub(super) name: &'static str,
    pub(super) keys: KeyLayout,
    pub(super) projected: &'static [&'static str],
}

pub(super) const KEYS: KeyLayout = KeyLayout { partition: PARTITION_KEY, sort: SORT_KEY };

/// An index projects as little as possible: a change of an attribute that it lacks costs nothing
/// there.
pub(super) const INDEXES: [IndexLayout; 2] = [
    IndexLayout {
        name: USER_INDEX,
        keys: KeyLayout { partition: USER_INDEX_PARTITION_KEY, sort: USER_INDEX_SORT_KEY },
        projected: &[EXPIRES_AT, ENDPOINT_ID],
    },
    IndexLayout {
        name: LIST_INDEX,
        keys: KeyLayout { partition: LIST_INDEX_PARTITION_KEY, sort: LIST_INDEX_SORT_KEY },
        projected: &[EXPIRES_AT, USER, ENDPOINT_ID],
    },
];

/// The attribute of DynamoDB's time to live.
pub(super) const EXPIRY: &str = EXPIRES_AT;

/// The view type of the stream. Presence needs both images, because a tombstone has no user.
pub(super) const STREAM_VIEW: &str = "NEW_AND_OLD_IMAGES";

impl KeyLayout {
    /// The keys in the form of a description.
    pub(super) fn described(&self) -> Vec<KeyAttribute> {
        let key = |name: &str, role| KeyAttribute {
            name: name.to_owned(),
            role,
            value_type: "S".to_owned(),
        };
        vec![key(self.partition, KeyRole::Hash), key(self.sort, KeyRole::Range)]
    }

    /// The names of both keys.
    pub(super) fn names(&self) -> [&'static str; 2] {
        [self.partition, self.sort]
    }
}

//! The layout of a table as data: of the table of connections, and of tables that an app declares. A
//! table is created and checked by it alone.

use lift_ws::describe::{
    KeyDescription, KeyType, LayoutDescription, Projection as Declared, StreamView,
};

use super::description::{KeyAttribute, KeyRole, Projection};
use crate::store::attributes::{
    ENDPOINT_ID, EXPIRES_AT, LIST_INDEX, LIST_INDEX_PARTITION_KEY, LIST_INDEX_SORT_KEY,
    PARTITION_KEY, SORT_KEY, USER, USER_INDEX, USER_INDEX_PARTITION_KEY, USER_INDEX_SORT_KEY,
};

/// The view type of the stream of connections. Presence needs both images, because a tombstone has no
/// user.
const CONNECTIONS_STREAM: &str = "NEW_AND_OLD_IMAGES";

/// What a table must have.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) content: Content,
    /// The partition key, then the sort key if there is one.
    pub(super) keys: Vec<KeyAttribute>,
    pub(super) indexes: Vec<IndexLayout>,
    /// The attribute of DynamoDB's time to live, if items expire.
    pub(super) expiry: Option<String>,
    /// The view type of the stream, if there is one.
    pub(super) stream: Option<String>,
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Connections. The stream is optional.
    Connections,
    /// Data of the app's own.
    App,
}

/// A global secondary index, with the attributes that it projects beside all keys.
#[derive(Clone, Debug)]
pub(super) struct IndexLayout {
    pub(super) name: String,
    pub(super) keys: Vec<KeyAttribute>,
    pub(super) projected: Projection,
}

impl Layout {
    /// The layout of the table of connections. An index projects as little as possible: a change of an
    /// attribute that it lacks costs nothing there.
    pub(super) fn connections() -> Self {
        let index = |name: &str, partition, sort, projected: &[&str]| IndexLayout {
            name: name.to_owned(),
            keys: strings(partition, sort),
            projected: Projection::Only(projected.iter().map(|&name| name.to_owned()).collect()),
        };
        Self {
            content: Content::Connections,
            keys: strings(PARTITION_KEY, SORT_KEY),
            indexes: vec![
                index(
                    USER_INDEX,
                    USER_INDEX_PARTITION_KEY,
                    USER_INDEX_SORT_KEY,
                    &[EXPIRES_AT, ENDPOINT_ID],
                ),
                index(
                    LIST_INDEX,
                    LIST_INDEX_PARTITION_KEY,
                    LIST_INDEX_SORT_KEY,
                    &[EXPIRES_AT, USER, ENDPOINT_ID],
                ),
            ],
            expiry: Some(EXPIRES_AT.to_owned()),
            stream: Some(CONNECTIONS_STREAM.to_owned()),
        }
    }

    /// The layout of a table that an app declares.
    pub(super) fn declared(declared: &LayoutDescription) -> Self {
        let keys = keys(&declared.partition_key, declared.sort_key.as_ref());
        let indexes = declared.indexes.iter().map(|index| {
            let of_index = self::keys(&index.partition_key, index.sort_key.as_ref());
            let is_key = |name: &String| keys.iter().chain(&of_index).any(|key| key.name == *name);
            // DynamoDB projects keys by itself.
            let projected = match &index.projected {
                Declared::All => Projection::All,
                Declared::Only(names) => {
                    Projection::Only(names.iter().filter(|name| !is_key(name)).cloned().collect())
                }
            };
            IndexLayout { name: index.name.clone(), keys: of_index, projected }
        });
        Self {
            content: Content::App,
            indexes: indexes.collect(),
            keys,
            expiry: declared.time_to_live.clone(),
            stream: declared.stream.map(|view| view_type(view).to_owned()),
        }
    }
}

/// A partition key and a sort key, both strings.
fn strings(partition: &str, sort: &str) -> Vec<KeyAttribute> {
    let key =
        |name: &str, role| KeyAttribute { name: name.to_owned(), role, value_type: "S".to_owned() };
    vec![key(partition, KeyRole::Hash), key(sort, KeyRole::Range)]
}

fn keys(partition: &KeyDescription, sort: Option<&KeyDescription>) -> Vec<KeyAttribute> {
    let key = |key: &KeyDescription, role| KeyAttribute {
        name: key.name.clone(),
        role,
        value_type: match key.key_type {
            KeyType::String => "S",
            KeyType::Number => "N",
            KeyType::Binary => "B",
        }
        .to_owned(),
    };
    let sort = sort.map(|sort| key(sort, KeyRole::Range));
    std::iter::once(key(partition, KeyRole::Hash)).chain(sort).collect()
}

fn view_type(view: StreamView) -> &'static str {
    match view {
        StreamView::KeysOnly => "KEYS_ONLY",
        StreamView::NewImage => "NEW_IMAGE",
        StreamView::OldImage => "OLD_IMAGE",
        StreamView::NewAndOldImages => "NEW_AND_OLD_IMAGES",
    }
}

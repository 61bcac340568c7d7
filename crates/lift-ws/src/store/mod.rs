//! Where connections are kept: the trait, its types, and what every store shares.
//!
//! A store answers simple calls about rows ([`row`](self::Row)), items of the app's own and lists;
//! following pages, filtering, sending, counting and deadlines are built on them once, in
//! [`publish`](crate::Publisher). [`contract`] is the suite that every store passes.

pub mod contract;
mod error;
mod list;
mod memory;
mod row;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::{ConnectionId, TenantId, UserId};

pub use crate::id::GroupId;
pub use error::StoreError;
pub use list::{Member, Members, Page, Part, Position, id_hash, range_hash};
pub use memory::MemoryStore;
pub use row::{Item, MAX_CONNECTION_SECONDS, Removed, Row, check_attributes, check_identity};

/// The environment variable that holds the name of the connections' table.
pub const TABLE_VARIABLE: &str = "LIFT_TABLE";

/// What became of a [`save`](Store::save), or of a [`put_item`](Store::put_item).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is stored; saying it twice is the same as once.
    Stored,
    /// The connection has ended, so nothing is stored.
    Ended,
}

/// What became of a [`sign_in`](Store::sign_in).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, SignedIn, Store};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// let row = Row { user: None, tenant: None, ..row };
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.sign_in(&row.id, &"ana".into(), None).await?, SignedIn::Bound);
/// assert_eq!(store.sign_in(&row.id, &"eve".into(), None).await?, SignedIn::Taken);
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SignedIn {
    /// The connection is the user's; saying it twice is the same as once.
    Bound,
    /// The connection is another's, and stays so: an identity never changes.
    Taken,
    /// The connection has ended.
    Ended,
}

/// How fresh a read must be.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, Read, Store};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.get(&row.id, Read::Consistent).await?, Some(row));
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// What was written within the last second may be missing.
    Eventual,
    /// Everything written is there; costs twice as much on DynamoDB.
    Consistent,
}

/// A store of connections.
///
/// Lists may lag behind writes by some seconds; `get` with [`Read::Consistent`] may not.
pub trait Store: Send + Sync + 'static {
    /// Stores a connection, unless its tombstone stands. Storing it again changes nothing.
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>>;

    /// Reads a connection; `None` when it is not stored, has ended or has expired.
    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Read,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>>;

    /// Puts a tombstone, whether or not a row is there, and returns the row that it replaced, with
    /// its items, which are removed: `None` when there was none, or already a tombstone.
    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>>;

    /// Puts a tombstone over a row of a connection that opened before a moment, in milliseconds
    /// since 1970: a post answered that it is gone, which in a connection's first seconds proves
    /// nothing. Says whether it did; then the connection's items are removed.
    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Replaces a live connection's attributes. Says whether it was there: one that ended is not
    /// brought back.
    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Gives a live connection without a user its user and its tenant, and lists it by them. A tenant
    /// that it has already must be the same.
    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>>;

    /// Stores an item beside a live connection, or replaces the one of the same key. With a group,
    /// the connection is listed in it, within its tenant.
    fn put_item<'a>(
        &'a self,
        row: &'a Row,
        item: &'a Item,
    ) -> BoxFuture<'a, Result<Saved, StoreError>>;

    /// Removes an item of a connection, if it is there.
    fn remove_item<'a>(
        &'a self,
        id: &'a ConnectionId,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Reads a connection's items, in the order of their keys, after a key; with it comes whether
    /// more follow. Those of a connection that ended may be there for a moment.
    fn items<'a>(
        &'a self,
        id: &'a ConnectionId,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Item>, bool), StoreError>>;

    /// Cuts a list into parts, which together are the whole: at least one for each shard, and about
    /// as many as wished when that is more.
    fn parts<'a>(
        &'a self,
        of: &'a Members,
        wished: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>>;

    /// Reads a page of a part, from its start or where the page before ended.
    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Counts the connections of a part, all its pages.
    fn count<'a>(&'a self, of: &'a Members, part: Part) -> BoxFuture<'a, Result<u64, StoreError>>;
}

//! Where connections are stored: the [`Store`] trait, its types, and what all stores share.
//!
//! A store has simple operations on rows ([`Row`]), on the app's items ([`Item`]) and on lists
//! ([`ListKey`]). What reads whole lists (sending, counting, resuming) is built on them once, in
//! [`publish`](crate::publish). [`contract`] is a test suite that every store has to pass.

pub mod contract;
mod error;
mod list;
mod memory;
mod row;

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_event::Timestamp;
use serde_json::Value;

use crate::{ConnectionId, TenantId, UserId};

pub use crate::id::GroupId;
pub use error::StoreError;
pub use list::{ListKey, Member, Page, Part, Position, id_hash, range_hash};
pub use memory::MemoryStore;
pub use row::{Item, MAX_CONNECTION_SECONDS, Removed, Row, check_attributes, check_identity};

/// The environment variable with the name of the table of the connections.
pub const TABLE_VARIABLE: &str = "LIFT_TABLE";

/// The result of a [`save`](Store::save) or a [`put_item`](Store::put_item).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Saved {
    /// It is stored. Storing it again has the same result.
    Stored,
    /// The connection has ended, so nothing was stored.
    Ended,
}

/// The result of a [`sign_in`](Store::sign_in).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{MemoryStore, Row, Saved, SignedIn, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.sign_in(&row.id, &"ana".into(), None).await?, SignedIn::Done);
/// assert_eq!(store.sign_in(&row.id, &"eve".into(), None).await?, SignedIn::OtherIdentity);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum SignedIn {
    /// The connection belongs to this user. Signing in again has the same result.
    Done,
    /// The connection belongs to another user or tenant. That never changes.
    OtherIdentity,
    /// The connection has ended.
    Ended,
}

/// The consistency of a read.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{MemoryStore, Consistency, Row, Saved, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert_eq!(store.get(&row.id, Consistency::Consistent).await?, Some(row));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// May miss what was written within the last second.
    Eventual,
    /// Returns everything that was written. Costs twice as much on DynamoDB.
    Consistent,
}

/// A store of connections.
///
/// A connection that ended leaves a tombstone in place of its row, so that a late write cannot recreate it. Lists may lag behind writes by some seconds; `get` with [`Consistency::Consistent`] may not.
///
/// Every method fails with a [`StoreError`] when the store fails or throttles. A method that stores
/// something fails with one that [`is_invalid`](StoreError::is_invalid) for what [`Row::check`],
/// [`Item::check`], [`check_identity`] or [`check_attributes`] refuse.
pub trait Store: Send + Sync + 'static {
    /// Stores a connection, unless it has a tombstone. Storing it again changes nothing.
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>>;

    /// Reads a connection. `None` when it is not stored, has ended or has expired.
    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Consistency,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>>;

    /// Puts a tombstone, whether or not there is a row. Returns the row that it replaced and the items of
    /// the connection, which are removed. `None` when there was no row, or already a tombstone.
    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>>;

    /// Puts a tombstone over the row of a connection that a post found gone, and removes its items, if the
    /// connection opened before `opened_before`. For a younger one, the post may only have been made before
    /// its handshake was answered. Returns whether the tombstone was put.
    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Replaces the attributes of a live connection. Returns whether there was one. The row of a
    /// connection that has ended is not recreated.
    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Sets the user and the tenant of a live connection that has no user, and lists it by them. If the
    /// connection already has a tenant, it must be the same.
    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>>;

    /// Stores an item of a live connection, or replaces the one with the same key. If the item has a group,
    /// the connection is listed in it, within its tenant.
    fn put_item<'a>(
        &'a self,
        row: &'a Row,
        item: &'a Item,
    ) -> BoxFuture<'a, Result<Saved, StoreError>>;

    /// Removes an item of a connection, if it exists.
    fn remove_item<'a>(
        &'a self,
        id: &'a ConnectionId,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Reads a page of a connection's items whose keys come after `after`, in the order of the keys' bytes.
    /// Returns with it whether more follow. The items of a connection that ended may still be returned for
    /// a moment.
    fn items<'a>(
        &'a self,
        id: &'a ConnectionId,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Item>, bool), StoreError>>;

    /// Returns parts that together are the whole list: at least one for each shard, and at least about
    /// `min_parts`. By default the list is one shard, split by the hashes of the connections' ids.
    fn parts<'a>(
        &'a self,
        list: &'a ListKey,
        min_parts: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        let _ = list;
        ready(Ok(Part::whole(0).split(min_parts))).boxed()
    }

    /// Reads a page of a part, from its start or from where the page before ended. Fails with an error that
    /// [`is_invalid`](StoreError::is_invalid) for a position of another part.
    fn page<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Counts the connections of a part. By default it reads all pages.
    fn count<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let count = async move {
            let (mut count, mut after) = (0, None);
            loop {
                let page = self.page(list, part, after.as_ref()).await?;
                count += page.members.len() as u64;
                after = page.next;
                if after.is_none() {
                    return Ok(count);
                }
            }
        };
        count.boxed()
    }
}

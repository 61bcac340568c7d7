//! Where connections are kept: the trait, its types, and what every store shares.
//!
//! A store answers seven simple calls; following pages, filtering, sending and deadlines are built
//! on them once, in [`publish`](crate::Publisher). [`contract`] is the suite that every store passes.

pub mod contract;
mod memory;

use std::{error, fmt};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectionId, Endpoint, TenantId, UserId};

pub use memory::MemoryStore;

/// How long API Gateway keeps a connection at most: 2 hours (reference, section 7).
pub const MAX_CONNECTION_SECONDS: u64 = 7200;

/// What a row outlives its connection by, at most.
const EXPIRY_MARGIN_SECONDS: u64 = 300;

/// The longest id, in bytes: a tenant and a user, escaped, must fit a DynamoDB key of 2048 bytes.
const MAX_ID: usize = 256;

/// The most attributes, in bytes of JSON.
const MAX_ATTRIBUTES: usize = 4096;

/// A stored connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The connection.
    pub id: ConnectionId,
    /// Who it is; never empty.
    pub user: Option<UserId>,
    /// The others that it can reach; never empty.
    pub tenant: Option<TenantId>,
    /// Where it is posted to.
    pub endpoint: Endpoint,
    /// When it opened, in milliseconds since 1970.
    pub connected_at: u64,
    /// What the app stores with it.
    pub attributes: Option<Value>,
}

impl Row {
    /// When the row is no longer true, in seconds since 1970: a constant after the connection
    /// opened, because API Gateway closes every connection after 2 hours.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.connected_at / 1000 + MAX_CONNECTION_SECONDS + EXPIRY_MARGIN_SECONDS
    }

    /// Checks what every store refuses: ids that are empty or over 256 bytes, attributes over 4 KB.
    ///
    /// # Errors
    /// One that [`is_invalid`](StoreError::is_invalid).
    pub fn check(&self) -> Result<(), StoreError> {
        check_id("connection", self.id.as_str())?;
        check_identity(self.user.as_ref(), self.tenant.as_ref())?;
        self.attributes.as_ref().map_or(Ok(()), check_attributes)
    }
}

/// Checks what every store refuses: a user's or tenant's id that is empty or over 256 bytes.
///
/// # Errors
/// One that [`is_invalid`](StoreError::is_invalid).
pub fn check_identity(user: Option<&UserId>, tenant: Option<&TenantId>) -> Result<(), StoreError> {
    user.map_or(Ok(()), |user| check_id("user", user.as_str()))?;
    tenant.map_or(Ok(()), |tenant| check_id("tenant", tenant.as_str()))
}

fn check_id(name: &str, id: &str) -> Result<(), StoreError> {
    match id.len() {
        0 => Err(StoreError::invalid(format!("the {name} id is empty"))),
        1..=MAX_ID => Ok(()),
        _ => Err(StoreError::invalid(format!("the {name} id is over {MAX_ID} bytes"))),
    }
}

/// Checks what every store refuses: attributes over 4 KB.
///
/// # Errors
/// One that [`is_invalid`](StoreError::is_invalid).
pub fn check_attributes(attributes: &Value) -> Result<(), StoreError> {
    match attributes.to_string().len() {
        0..=MAX_ATTRIBUTES => Ok(()),
        bytes => {
            let fault = format!("the attributes have {bytes} bytes, over {MAX_ATTRIBUTES}");
            Err(StoreError::invalid(fault))
        }
    }
}

/// What became of a [`save`](Store::save).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// The row is stored; saying it twice is the same as once.
    Stored,
    /// The connection has already ended: its tombstone stands, and the row is not stored.
    Ended,
}

/// What became of a [`sign_in`](Store::sign_in).
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// What was written within the last second may be missing.
    Eventual,
    /// Everything written is there; costs twice as much on DynamoDB.
    Consistent,
}

/// Which connections to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Members {
    /// All of a tenant.
    Tenant(TenantId),
    /// All of a user, who is unique within a tenant.
    User {
        /// The user's tenant.
        tenant: Option<TenantId>,
        /// The user.
        user: UserId,
    },
}

/// A part of a list that can be read on its own, beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part(pub u32);

/// Where a page ended. Its content is the store's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub String);

/// Some connections of a part, and where to go on.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The connections that have not expired; possibly none although more pages follow.
    pub members: Vec<Member>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
}

/// A connection in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The connection.
    pub id: ConnectionId,
    /// Who it is.
    pub user: Option<UserId>,
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

    /// Puts a tombstone, whether or not a row is there, and returns the row that it replaced:
    /// `None` when there was none, or already a tombstone.
    fn remove<'a>(&'a self, id: &'a ConnectionId)
    -> BoxFuture<'a, Result<Option<Row>, StoreError>>;

    /// Puts a tombstone over a row of a connection that opened before a moment, in milliseconds
    /// since 1970: a post answered that it is gone, which in a connection's first seconds proves
    /// nothing. Says whether it did.
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

    /// Into which parts a list is cut; together they are the whole.
    fn parts<'a>(&'a self, of: &'a Members) -> BoxFuture<'a, Result<Vec<Part>, StoreError>>;

    /// Reads a page of a part, from its start or where the page before ended.
    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;
}

/// Why a store did not answer.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    cause: Box<dyn error::Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreErrorKind {
    Failed,
    Invalid,
}

impl StoreError {
    /// The store failed, or could not be reached.
    #[must_use]
    pub fn failed(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Failed, cause: cause.into() }
    }

    /// What was to be stored cannot be, whenever it is tried: an empty or too long id.
    #[must_use]
    pub fn invalid(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Invalid, cause: cause.into() }
    }

    /// Whether the fault is in what was to be stored, so that trying again is no use.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.kind == StoreErrorKind::Invalid
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Failed => "the connection store failed",
            StoreErrorKind::Invalid => "the connection cannot be stored",
        })
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

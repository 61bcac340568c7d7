//! Lists of connections: [`ListKey`] says which, a list is read in [`Part`]s, and each part page by page.
//! Sending, counting and resuming use nothing else of a store.

use serde::{Deserialize, Serialize};

use super::GroupId;
use crate::{ConnectionId, TenantId, UserId, push::Endpoint};

/// Which connections a list has.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{ListKey, MemoryStore, Part, Row, Saved, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// assert_eq!(store.save(&row.with_tenant("lotus")).await?, Saved::Stored);
/// let lotus = ListKey::Tenant("lotus".into());
/// assert_eq!(store.count(&lotus, Part::whole(0)).await?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ListKey {
    /// All connections of a tenant.
    Tenant(TenantId),
    /// All connections of a user.
    User {
        /// The user's tenant. A user id is unique within it.
        tenant: Option<TenantId>,
        /// The user.
        user: UserId,
    },
    /// All connections that have an [`Item`](super::Item) in a group.
    Group {
        /// The group's tenant. A group id is unique within it.
        tenant: Option<TenantId>,
        /// The group.
        group: GroupId,
    },
}

/// A part of a list: a shard, and a range of the hashes of its connections' ids. Parts can be read at the
/// same time.
///
/// ```
/// use lift_ws::store::Part;
///
/// let halves = Part::whole(0).split(2);
/// assert_eq!((halves[0].to, halves[1].from), (0x7fff_ffff, 0x8000_0000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The shard of the list in the store, from 0.
    pub shard: u32,
    /// The first [range hash](range_hash) of the part.
    pub from: u32,
    /// The last range hash of the part, inclusive.
    pub to: u32,
}

impl Part {
    /// A whole shard.
    #[must_use]
    pub const fn whole(shard: u32) -> Self {
        Self { shard, from: 0, to: u32::MAX }
    }

    /// Splits the part into several with hash ranges of about the same size. Each hash is in exactly one.
    #[must_use]
    pub fn split(self, parts: u32) -> Vec<Self> {
        let width = u64::from(self.to) - u64::from(self.from) + 1;
        let parts = u64::from(parts).clamp(1, width);
        let bound = |n: u64| u64::from(self.from) + width * n / parts;
        // Never saturates: the bounds are within those of the part, which are 32 bits wide.
        let narrow = |hash: u64| u32::try_from(hash).unwrap_or(u32::MAX);
        (0..parts)
            .map(|n| Self {
                shard: self.shard,
                from: narrow(bound(n)),
                to: narrow(bound(n + 1) - 1),
            })
            .collect()
    }

    /// Whether a connection's hash is in the range of the part. Its shard is not checked.
    #[must_use]
    pub fn covers(&self, id: &ConnectionId) -> bool {
        (self.from..=self.to).contains(&range_hash(id))
    }
}

/// Where a page ended. Its text has a meaning only for the store or source that made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position(String);

impl Position {
    /// A position with a store's own text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that the store gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of a part.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{ListKey, MemoryStore, Part, Row, Saved, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// let row = row.with_tenant("lotus").with_user("ana");
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// let page = store.page(&ListKey::Tenant("lotus".into()), Part::whole(0), None).await?;
/// assert_eq!(page.members[0].user, Some("ana".into()));
/// assert!(page.next.is_none(), "there are no more pages");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The connections that have not expired. A page may be empty although more pages follow.
    pub members: Vec<Member>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
}

impl Page {
    /// A page with some connections, and where the next one starts.
    #[must_use]
    pub fn new(members: Vec<Member>, next: Option<Position>) -> Self {
        Self { members, next }
    }
}

/// A connection in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// The connection.
    pub id: ConnectionId,
    /// Its user. In a group: the user when the item was stored.
    pub user: Option<UserId>,
    /// Where to post to it.
    pub endpoint: Endpoint,
}

impl Member {
    /// A connection with its user and its endpoint.
    #[must_use]
    pub fn new(id: ConnectionId, user: Option<UserId>, endpoint: Endpoint) -> Self {
        Self { id, user, endpoint }
    }
}

/// The hash by which lists are split into ranges: the high half of [`id_hash`].
#[must_use]
pub fn range_hash(id: &ConnectionId) -> u32 {
    (id_hash(id) >> 32) as u32
}

/// A hash of a connection's id: FNV-1a with the finalizer of MurmurHash3. It never changes, because stored
/// keys depend on it. API Gateway's ids are ordered by time; their hashes are evenly distributed.
#[must_use]
pub fn id_hash(id: &ConnectionId) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in id.as_str().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        // The test vectors of FNV-1a, finalized. With another hash, stored connections are not found.
        let vectors = [("", 0xefd0_1f60_ba99_2926), ("a", 0x82a2_a958_a9be_ce5b)];
        for (text, hash) in vectors {
            assert_eq!(id_hash(&text.into()), hash, "{text:?}");
        }
    }

    #[test]
    fn split_parts_cover_a_part_exactly() {
        let narrow = Part { shard: 3, from: 10, to: 12 };
        assert_eq!(narrow.split(9).len(), 3, "no part is empty");
        for part in [Part::whole(0), narrow, Part { shard: 1, from: 7, to: 7 }] {
            for parts in [0, 1, 2, 3, 7, 64, 1000] {
                let split = part.split(parts);
                assert_eq!((split[0].from, split[split.len() - 1].to), (part.from, part.to));
                for pair in split.windows(2) {
                    assert_eq!(pair[0].to + 1, pair[1].from, "{pair:?}");
                }
                assert!(split.iter().all(|part| part.from <= part.to));
            }
        }
    }

    #[test]
    fn ids_ordered_by_time_spread_evenly_over_ranges_and_low_bits() {
        let (mut ranges, mut shards) = ([0_u32; 4], [0_u32; 4]);
        for n in 0..20_000_u32 {
            let id = ConnectionId::from(format!("R1kmx{n:05}IFIA="));
            let range = Part::whole(0).split(4).iter().position(|part| part.covers(&id));
            ranges[range.unwrap()] += 1;
            shards[(id_hash(&id) & 3) as usize] += 1;
        }
        for count in ranges.iter().chain(&shards) {
            assert!((4_700..5_300).contains(count), "{ranges:?} {shards:?}");
        }
    }
}

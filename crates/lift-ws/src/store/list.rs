//! Lists of connections: which ([`Members`]), cut into [`Part`]s that are read beside each other, page
//! by page. What is built on lists (sending, counting, resuming) knows no more of a store than this.

use serde::{Deserialize, Serialize};

use super::GroupId;
use crate::{ConnectionId, TenantId, UserId, push::Endpoint};

/// Which connections to list.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, Store, Members, Part};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// let lotus = Members::Tenant("lotus".into());
/// assert_eq!(store.count(&lotus, Part::whole(0)).await?, 1);
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// All that have an [`Item`](super::Item) in a group, which is unique within a tenant.
    Group {
        /// The group's tenant.
        tenant: Option<TenantId>,
        /// The group.
        group: GroupId,
    },
}

/// A part of a list that can be read on its own, beside the others: a shard, and a range of the
/// hashes of its connections' ids.
///
/// ```
/// use lift_ws::store::Part;
///
/// let halves = Part::whole(0).split(2);
/// assert_eq!((halves[0].to, halves[1].from), (0x7fff_ffff, 0x8000_0000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The store's own division of the list, from 0.
    pub shard: u32,
    /// The first [`range hash`](range_hash) of the part.
    pub from: u32,
    /// The last range hash of the part.
    pub to: u32,
}

impl Part {
    /// A whole shard.
    #[must_use]
    pub const fn whole(shard: u32) -> Self {
        Self { shard, from: 0, to: u32::MAX }
    }

    /// The part as several of about the same size: equal ranges, each hash in exactly one.
    #[must_use]
    pub fn split(self, pieces: u32) -> Vec<Self> {
        let width = u64::from(self.to) - u64::from(self.from) + 1;
        let pieces = u64::from(pieces).clamp(1, width);
        let bound = |piece: u64| u64::from(self.from) + width * piece / pieces;
        // Within the part's own bounds, which are 32 bits wide.
        let narrow = |hash: u64| u32::try_from(hash).unwrap_or(u32::MAX);
        (0..pieces)
            .map(|piece| Self {
                shard: self.shard,
                from: narrow(bound(piece)),
                to: narrow(bound(piece + 1) - 1),
            })
            .collect()
    }

    /// Whether a connection belongs to the part's range, in whatever shard it is.
    #[must_use]
    pub fn covers(&self, id: &ConnectionId) -> bool {
        (self.from..=self.to).contains(&range_hash(id))
    }
}

/// Where a page ended. Its content is the store's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position(pub String);

/// Some connections of a part, and where to go on.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, Store, Members, Part};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// let page = store.page(&Members::Tenant("lotus".into()), Part::whole(0), None).await?;
/// assert_eq!(page.members[0].user, Some("ana".into()));
/// assert!(page.next.is_none(), "there is no more");
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The connections that have not expired; possibly none although more pages follow.
    pub members: Vec<Member>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
}

/// A connection in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The connection.
    pub id: ConnectionId,
    /// Who it is.
    pub user: Option<UserId>,
    /// Where it is posted to.
    pub endpoint: Endpoint,
}

/// The hash by which stores cut lists into ranges: the high half of [`id_hash`].
#[must_use]
pub fn range_hash(id: &ConnectionId) -> u32 {
    (id_hash(id) >> 32) as u32
}

/// A hash of a connection's id: FNV-1a with murmur's finaliser. Fixed for ever, because stored keys
/// depend on it. API Gateway's ids are ordered by time, their hashes are not.
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
    fn the_hash_is_fixed_for_ever() {
        // FNV-1a's own vectors, finalised: a change here loses every stored connection.
        let vectors = [("", 0xefd0_1f60_ba99_2926), ("a", 0x82a2_a958_a9be_ce5b)];
        for (text, hash) in vectors {
            assert_eq!(id_hash(&text.into()), hash, "{text:?}");
        }
    }

    #[test]
    fn pieces_cover_a_part_exactly() {
        let narrow = Part { shard: 3, from: 10, to: 12 };
        assert_eq!(narrow.split(9).len(), 3, "no piece is empty");
        for part in [Part::whole(0), narrow, Part { shard: 1, from: 7, to: 7 }] {
            for pieces in [0, 1, 2, 3, 7, 64, 1000] {
                let split = part.split(pieces);
                assert_eq!((split[0].from, split[split.len() - 1].to), (part.from, part.to));
                for pair in split.windows(2) {
                    assert_eq!(pair[0].to + 1, pair[1].from, "{pair:?}");
                }
                assert!(split.iter().all(|piece| piece.from <= piece.to));
            }
        }
    }

    #[test]
    fn clock_ordered_ids_spread_evenly_over_ranges_and_low_bits() {
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

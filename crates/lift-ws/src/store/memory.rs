//! A store in memory, for tests and for apps that need no other process to see their connections.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde_json::Value;

use super::{
    Item, Member, Members, Page, Part, Position, Read, Removed, Row, Saved, SignedIn, Store,
    StoreError, check_attributes, check_identity,
};
use crate::{ConnectionId, TenantId, UserId, clock::epoch_millis};

/// The most connections on a page unless set.
const PAGE: usize = 1000;

/// Keeps connections in memory, lost with the process. Cloning shares them.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::store::{MemoryStore, Row, Saved, Store};
///
/// # let row = Row {
/// #     id: "L0SM9cOFvHcCIhw=".into(), user: Some("ana".into()), tenant: Some("lotus".into()),
/// #     endpoint: "https://api.example/prod".into(), connected_at: u64::MAX / 2000, attributes: None,
/// # };
/// let store = MemoryStore::new();
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert!(store.remove(&row.id).await?.is_some());
/// assert_eq!(store.save(&row).await?, Saved::Ended, "what has ended does not come back");
/// # Ok::<(), lift_ws::store::StoreError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    rows: Arc<Mutex<BTreeMap<ConnectionId, Entry>>>,
    page: usize,
    now: Arc<dyn Fn() -> u64 + Send + Sync>,
}

enum Entry {
    Live(Row, BTreeMap<String, Placed>),
    Ended,
}

/// An item, and who its connection was when it was stored: by that it is listed.
struct Placed {
    item: Item,
    tenant: Option<TenantId>,
    user: Option<UserId>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self { rows: Arc::default(), page: PAGE, now: Arc::new(epoch_millis) }
    }

    /// Lists at most this many connections on a page, to test that pages are followed.
    #[must_use]
    pub fn with_page(mut self, connections: usize) -> Self {
        self.page = connections.max(1);
        self
    }

    /// Takes the time, in milliseconds since 1970, from somewhere else than the system.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Entry>> {
        // Every change of the map is one call, so a panic elsewhere leaves it whole.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_live(&self, row: &Row) -> bool {
        row.expires_at() > (self.now)() / 1000
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("rows", &self.rows().len()).finish_non_exhaustive()
    }
}

fn done<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, StoreError>> {
    ready(Ok(value)).boxed()
}

impl Store for MemoryStore {
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>> {
        if let Err(invalid) = row.check() {
            return ready(Err(invalid)).boxed();
        }
        let mut rows = self.rows();
        match rows.get(&row.id) {
            Some(Entry::Ended) => done(Saved::Ended),
            Some(Entry::Live(..)) => done(Saved::Stored),
            None => {
                rows.insert(row.id.clone(), Entry::Live(row.clone(), BTreeMap::new()));
                done(Saved::Stored)
            }
        }
    }

    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        _: Read,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        done(match self.rows().get(id) {
            Some(Entry::Live(row, _)) if self.is_live(row) => Some(row.clone()),
            _ => None,
        })
    }

    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>> {
        done(match self.rows().insert(id.clone(), Entry::Ended) {
            Some(Entry::Live(row, items)) => Some(Removed {
                row,
                items: items.into_values().map(|placed| placed.item).collect(),
            }),
            _ => None,
        })
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut rows = self.rows();
        let gone =
            matches!(rows.get(id), Some(Entry::Live(row, _)) if row.connected_at < opened_before);
        if gone {
            rows.insert(id.clone(), Entry::Ended);
        }
        done(gone)
    }

    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        if let Err(invalid) = check_attributes(&attributes) {
            return ready(Err(invalid)).boxed();
        }
        let mut rows = self.rows();
        let Some(Entry::Live(row, _)) = rows.get_mut(id) else { return done(false) };
        row.attributes = Some(attributes);
        done(true)
    }

    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>> {
        if let Err(invalid) = check_identity(Some(user), tenant) {
            return ready(Err(invalid)).boxed();
        }
        let mut rows = self.rows();
        let Some(Entry::Live(row, _)) = rows.get_mut(id) else { return done(SignedIn::Ended) };
        if row.user.is_none() && (row.tenant.is_none() || row.tenant.as_ref() == tenant) {
            row.user = Some(user.clone());
            row.tenant = tenant.cloned();
        }
        let bound = row.user.as_ref() == Some(user) && row.tenant.as_ref() == tenant;
        done(if bound { SignedIn::Bound } else { SignedIn::Taken })
    }

    fn put_item<'a>(
        &'a self,
        row: &'a Row,
        item: &'a Item,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        if let Err(invalid) = item.check() {
            return ready(Err(invalid)).boxed();
        }
        let mut rows = self.rows();
        let Some(Entry::Live(_, items)) = rows.get_mut(&row.id) else { return done(Saved::Ended) };
        let Row { tenant, user, .. } = row.clone();
        items.insert(item.key.clone(), Placed { item: item.clone(), tenant, user });
        done(Saved::Stored)
    }

    fn remove_item<'a>(
        &'a self,
        id: &'a ConnectionId,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        if let Some(Entry::Live(_, items)) = self.rows().get_mut(id) {
            items.remove(key);
        }
        done(())
    }

    fn items<'a>(
        &'a self,
        id: &'a ConnectionId,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Item>, bool), StoreError>> {
        let rows = self.rows();
        let Some(Entry::Live(row, items)) = rows.get(id) else { return done((Vec::new(), false)) };
        if !self.is_live(row) {
            return done((Vec::new(), false));
        }
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest =
            items.range::<str, _>((start, Bound::Unbounded)).map(|(_, placed)| &placed.item);
        let page = rest.by_ref().take(self.page).cloned().collect();
        done((page, rest.next().is_some()))
    }

    fn parts<'a>(
        &'a self,
        _: &'a Members,
        wished: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        done(Part::whole(0).split(wished))
    }

    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        let rows = self.rows();
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.0.as_str()));
        let mut members = rows
            .range::<str, _>((start, Bound::Unbounded))
            .filter_map(|(_, entry)| self.member(of, part, entry));
        let page: Vec<Member> = members.by_ref().take(self.page).collect();
        let more = members.next().is_some();
        let next = page.last().filter(|_| more).map(|last| Position(last.id.as_str().to_owned()));
        done(Page { members: page, next })
    }

    fn count<'a>(&'a self, of: &'a Members, part: Part) -> BoxFuture<'a, Result<u64, StoreError>> {
        let rows = self.rows();
        let members = rows.values().filter_map(|entry| self.member(of, part, entry));
        done(members.count() as u64)
    }
}

impl MemoryStore {
    /// An entry as a member of a part of a list, if it is one.
    fn member(&self, of: &Members, part: Part, entry: &Entry) -> Option<Member> {
        let Entry::Live(row, items) = entry else { return None };
        let user = match of {
            Members::Tenant(tenant) => (row.tenant.as_ref() == Some(tenant)).then_some(&row.user),
            Members::User { tenant, user } => {
                let is = row.user.as_ref() == Some(user) && row.tenant == *tenant;
                is.then_some(&row.user)
            }
            Members::Group { tenant, group } => {
                let is = |placed: &&Placed| {
                    placed.tenant == *tenant && placed.item.group.as_ref() == Some(group)
                };
                items.values().find(is).map(|placed| &placed.user)
            }
        };
        let user = user.filter(|_| part.covers(&row.id) && self.is_live(row))?;
        let (id, endpoint) = (row.id.clone(), row.endpoint.clone());
        Some(Member { id, user: user.clone(), endpoint })
    }
}

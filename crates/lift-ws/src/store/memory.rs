//! A store in memory, for tests and for apps that run in a single process.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_event::Timestamp;
use serde_json::Value;

use super::{
    Consistency, Item, ListKey, Member, Page, Part, Position, Removed, Row, Saved, SignedIn, Store,
    StoreError, check_attributes, check_identity,
};
use crate::{ConnectionId, TenantId, UserId};

/// How many connections a page has by default.
const PAGE_SIZE: usize = 1000;

/// Keeps connections in memory until the process ends. Clones share them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::store::StoreError> {
/// use lift_ws::{event::Timestamp, store::{MemoryStore, Row, Saved, Store}};
///
/// let store = MemoryStore::new();
/// let row = Row::new("L0SM9cOFvHcCIhw=", "https://api.example/prod", Timestamp::now());
/// assert_eq!(store.save(&row).await?, Saved::Stored);
/// assert!(store.remove(&row.id).await?.is_some());
/// assert_eq!(store.save(&row).await?, Saved::Ended, "the tombstone stays");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
    /// What lists and counts are read from while they lag.
    lagging: Arc<Mutex<Option<Rows>>>,
    page_size: usize,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

type Rows = BTreeMap<ConnectionId, Entry>;

#[derive(Clone)]
enum Entry {
    /// A row, and its items by their keys.
    Live(Row, BTreeMap<String, StoredItem>),
    Tombstone,
}

/// An item, with the tenant and user that its connection had when it was stored.
#[derive(Clone)]
struct StoredItem {
    item: Item,
    tenant: Option<TenantId>,
    user: Option<UserId>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let (rows, lagging) = Default::default();
        Self { rows, lagging, page_size: PAGE_SIZE, now: Arc::new(Timestamp::now) }
    }

    /// Sets how many connections a page has at most; 1000 by default. Small pages test that a reader reads
    /// all of them.
    #[must_use]
    pub fn with_page(mut self, connections: usize) -> Self {
        self.page_size = connections.max(1);
        self
    }

    /// Sets the clock by which rows expire; the system's by default.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Makes lists and counts lag, as DynamoDB's indexes do: they stay as they are now, until the lag ends.
    /// Reads of a single connection and of its items do not lag.
    pub fn set_lists_lag(&self, lag: bool) {
        let now = lag.then(|| self.rows().clone());
        let mut lagging = self.lagging();
        *lagging = now.map(|now| lagging.take().unwrap_or(now));
    }

    fn lagging(&self) -> MutexGuard<'_, Option<Rows>> {
        self.lagging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the rows that lists and counts have.
    fn read_lists<T>(&self, read: impl FnOnce(&Rows) -> T) -> T {
        match &*self.lagging() {
            Some(lagging) => read(lagging),
            None => read(&self.rows()),
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Each change of the map is a single call, so a panic elsewhere leaves it consistent.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_live(&self, row: &Row) -> bool {
        row.expires_at().as_secs() > (self.now)().as_secs()
    }

    /// The entry as a member of a part of a list, if it is one.
    fn member(&self, list: &ListKey, part: Part, entry: &Entry) -> Option<Member> {
        let Entry::Live(row, items) = entry else { return None };
        let user = match list {
            ListKey::Tenant(tenant) => (row.tenant.as_ref() == Some(tenant)).then_some(&row.user),
            ListKey::User { tenant, user } => {
                let is = row.user.as_ref() == Some(user) && row.tenant == *tenant;
                is.then_some(&row.user)
            }
            ListKey::Group { tenant, group } => {
                let is = |stored: &&StoredItem| {
                    stored.tenant == *tenant && stored.item.group.as_ref() == Some(group)
                };
                items.values().find(is).map(|stored| &stored.user)
            }
        };
        let user = user.filter(|_| part.covers(&row.id) && self.is_live(row))?;
        Some(Member::new(row.id.clone(), user.clone(), row.endpoint.clone()))
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
            Some(Entry::Tombstone) => done(Saved::Ended),
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
        _: Consistency,
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
        done(match self.rows().insert(id.clone(), Entry::Tombstone) {
            Some(Entry::Live(row, items)) => {
                let items = items.into_values().map(|stored| stored.item);
                Some(Removed::new(row, items.collect()))
            }
            _ => None,
        })
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut rows = self.rows();
        let gone =
            matches!(rows.get(id), Some(Entry::Live(row, _)) if row.connected_at < opened_before);
        if gone {
            rows.insert(id.clone(), Entry::Tombstone);
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
        done(if bound { SignedIn::Done } else { SignedIn::OtherIdentity })
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
        items.insert(item.key.clone(), StoredItem { item: item.clone(), tenant, user });
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
            items.range::<str, _>((start, Bound::Unbounded)).map(|(_, stored)| &stored.item);
        let page = rest.by_ref().take(self.page_size).cloned().collect();
        done((page, rest.next().is_some()))
    }

    fn page<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_str()));
        done(self.read_lists(|rows| {
            let mut members = rows
                .range::<str, _>((start, Bound::Unbounded))
                .filter_map(|(_, entry)| self.member(list, part, entry));
            let page: Vec<Member> = members.by_ref().take(self.page_size).collect();
            let more = members.next().is_some();
            let next = page.last().filter(|_| more).map(|last| Position::new(last.id.as_str()));
            Page::new(page, next)
        }))
    }

    fn count<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let is_member = |entry: &&Entry| self.member(list, part, entry).is_some();
        done(self.read_lists(|rows| rows.values().filter(is_member).count() as u64))
    }
}

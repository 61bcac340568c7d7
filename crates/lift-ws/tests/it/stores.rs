//! The memory store passes the contract; and a store that fails, for the other tests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_ws::{
    ConnectionId, TenantId, UserId,
    store::{
        Members, MemoryStore, Page, Part, Position, Read, Row, Saved, SignedIn, Store, StoreError,
        contract,
    },
};

#[tokio::test]
async fn the_memory_store_passes_the_contract() {
    contract::all(&MemoryStore::new()).await;
    contract::all(&MemoryStore::new().with_page(1)).await;
    contract::all(&MemoryStore::new().with_page(7)).await;
}

/// A memory store that counts what it is asked, and fails when told.
#[derive(Clone, Default)]
pub(crate) struct Watched {
    pub(crate) inner: MemoryStore,
    pub(crate) fails: Arc<AtomicBool>,
    pub(crate) lists_lag: Arc<AtomicBool>,
    pub(crate) saves: Arc<AtomicUsize>,
    pub(crate) gets: Arc<AtomicUsize>,
    pub(crate) removes: Arc<AtomicUsize>,
}

impl Watched {
    fn ask<'a, T: Send + 'a>(
        &self,
        count: Option<&AtomicUsize>,
        answer: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        match self.fails.load(Ordering::Relaxed) {
            true => ready(Err(StoreError::failed("SECRET table arn"))).boxed(),
            false => answer,
        }
    }
}

impl Store for Watched {
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>> {
        self.ask(Some(&self.saves), async { self.inner.save(row).await }.boxed())
    }

    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Read,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        self.ask(Some(&self.gets), self.inner.get(id, read))
    }

    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        self.ask(Some(&self.removes), async { self.inner.remove(id).await }.boxed())
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.ask(None, self.inner.remove_gone(id, opened_before))
    }

    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: serde_json::Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.ask(None, async { self.inner.set_attributes(id, attributes).await }.boxed())
    }

    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>> {
        self.ask(None, async move { self.inner.sign_in(id, user, tenant).await }.boxed())
    }

    fn parts<'a>(&'a self, of: &'a Members) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        self.ask(None, self.inner.parts(of))
    }

    fn page<'a>(
        &'a self,
        of: &'a Members,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        if self.lists_lag.load(Ordering::Relaxed) {
            return ready(Ok(Page::default())).boxed();
        }
        self.ask(None, self.inner.page(of, part, after))
    }
}

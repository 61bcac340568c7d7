//! A memory store that records its operations, and that can inject faults and lagging lists.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_event::Timestamp;
use serde_json::Value;

use crate::{
    ConnectionId, TenantId, UserId,
    store::{
        Consistency, Item, ListKey, MemoryStore, Page, Part, Position, Removed, Row, Saved,
        SignedIn, Store, StoreError,
    },
};

/// An operation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`Store::save`].
    Save,
    /// [`Store::get`], eventually consistent.
    GetEventual,
    /// [`Store::get`], consistent.
    GetConsistent,
    /// [`Store::remove`].
    Remove,
    /// [`Store::remove_gone`].
    RemoveGone,
    /// [`Store::set_attributes`].
    SetAttributes,
    /// [`Store::sign_in`].
    SignIn,
    /// [`Store::put_item`].
    PutItem,
    /// [`Store::remove_item`].
    RemoveItem,
    /// [`Store::items`].
    Items,
    /// [`Store::parts`].
    Parts,
    /// [`Store::page`].
    Page,
    /// [`Store::count`].
    Count,
}

type Fault = Box<dyn FnMut(Operation) -> Option<StoreError> + Send>;

/// A [`MemoryStore`] that records its operations. Clones share it.
///
/// ```
/// use lift_ws::{App, store::StoreError, test::{Kit, Operation, RecordingStore}};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = RecordingStore::default();
/// store.set_fault(|operation| {
///     (operation == Operation::Save).then(|| StoreError::failed("throttled"))
/// });
/// let kit = Kit::with_store(App::new(), Arc::new(store.clone()));
/// assert_eq!(kit.connect("").await.unwrap_err().status, 500);
/// assert_eq!(store.operations(), [Operation::Save, Operation::Remove]);
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RecordingStore {
    inner: MemoryStore,
    recorded: Arc<Mutex<Recorded>>,
}

#[derive(Default)]
struct Recorded {
    operations: Vec<Operation>,
    fault: Option<Fault>,
    lists_lag: bool,
}

impl RecordingStore {
    /// Records the operations of a memory store.
    #[must_use]
    pub fn new(inner: MemoryStore) -> Self {
        Self { inner, recorded: Arc::default() }
    }

    /// Injects faults: the function is called before each operation, and returns its error, if any.
    pub fn set_fault(&self, fault: impl FnMut(Operation) -> Option<StoreError> + Send + 'static) {
        self.recorded().fault = Some(Box::new(fault));
    }

    /// Makes lists empty, as those of an index that lags behind.
    pub fn set_lists_lag(&self, lag: bool) {
        self.recorded().lists_lag = lag;
    }

    /// The operations so far, in order.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.recorded().operations.clone()
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record<'a, T: Send + 'a>(
        &'a self,
        operation: Operation,
        run: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        let mut recorded = self.recorded();
        recorded.operations.push(operation);
        match recorded.fault.as_mut().and_then(|fault| fault(operation)) {
            Some(error) => ready(Err(error)).boxed(),
            None => run(),
        }
    }
}

impl Store for RecordingStore {
    fn save<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<Saved, StoreError>> {
        self.record(Operation::Save, || self.inner.save(row))
    }

    fn get<'a>(
        &'a self,
        id: &'a ConnectionId,
        read: Consistency,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        let operation = match read {
            Consistency::Eventual => Operation::GetEventual,
            Consistency::Consistent => Operation::GetConsistent,
        };
        self.record(operation, || self.inner.get(id, read))
    }

    fn remove<'a>(
        &'a self,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<Option<Removed>, StoreError>> {
        self.record(Operation::Remove, || self.inner.remove(id))
    }

    fn remove_gone<'a>(
        &'a self,
        id: &'a ConnectionId,
        opened_before: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.record(Operation::RemoveGone, || self.inner.remove_gone(id, opened_before))
    }

    fn set_attributes<'a>(
        &'a self,
        id: &'a ConnectionId,
        attributes: Value,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.record(Operation::SetAttributes, || self.inner.set_attributes(id, attributes))
    }

    fn sign_in<'a>(
        &'a self,
        id: &'a ConnectionId,
        user: &'a UserId,
        tenant: Option<&'a TenantId>,
    ) -> BoxFuture<'a, Result<SignedIn, StoreError>> {
        self.record(Operation::SignIn, || self.inner.sign_in(id, user, tenant))
    }

    fn put_item<'a>(
        &'a self,
        row: &'a Row,
        item: &'a Item,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        self.record(Operation::PutItem, || self.inner.put_item(row, item))
    }

    fn remove_item<'a>(
        &'a self,
        id: &'a ConnectionId,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.record(Operation::RemoveItem, || self.inner.remove_item(id, key))
    }

    fn items<'a>(
        &'a self,
        id: &'a ConnectionId,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Item>, bool), StoreError>> {
        self.record(Operation::Items, || self.inner.items(id, after))
    }

    fn parts<'a>(
        &'a self,
        list: &'a ListKey,
        min_parts: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        self.record(Operation::Parts, || self.inner.parts(list, min_parts))
    }

    fn page<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        let lag = self.recorded().lists_lag;
        self.record(Operation::Page, || match lag {
            true => ready(Ok(Page::default())).boxed(),
            false => self.inner.page(list, part, after),
        })
    }

    fn count<'a>(
        &'a self,
        list: &'a ListKey,
        part: Part,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.record(Operation::Count, || self.inner.count(list, part))
    }
}

impl std::fmt::Debug for RecordingStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}

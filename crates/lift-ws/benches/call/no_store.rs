//! A store that stores nothing, so that what is left is the cost of asking it.

use std::future::ready;

use futures_util::future::BoxFuture;
use lift_ws::{
    ConnectionId, TenantId, UserId,
    event::Timestamp,
    store::{
        Consistency, Item, ListKey, Page, Part, Position, Removed, Row, Saved, SignedIn, Store,
        StoreError,
    },
};
use serde_json::Value;

pub(crate) struct NoStore;

type Outcome<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl Store for NoStore {
    fn save<'a>(&'a self, _: &'a Row) -> Outcome<'a, Saved> {
        Box::pin(ready(Ok(Saved::Stored)))
    }

    fn get<'a>(&'a self, _: &'a ConnectionId, _: Consistency) -> Outcome<'a, Option<Row>> {
        Box::pin(ready(Ok(None)))
    }

    fn remove<'a>(&'a self, _: &'a ConnectionId) -> Outcome<'a, Option<Removed>> {
        Box::pin(ready(Ok(None)))
    }

    fn remove_gone<'a>(&'a self, _: &'a ConnectionId, _: Timestamp) -> Outcome<'a, bool> {
        Box::pin(ready(Ok(false)))
    }

    fn set_attributes<'a>(&'a self, _: &'a ConnectionId, _: Value) -> Outcome<'a, bool> {
        Box::pin(ready(Ok(false)))
    }

    fn sign_in<'a>(
        &'a self,
        _: &'a ConnectionId,
        _: &'a UserId,
        _: Option<&'a TenantId>,
    ) -> Outcome<'a, SignedIn> {
        Box::pin(ready(Ok(SignedIn::Ended)))
    }

    fn put_item<'a>(&'a self, _: &'a Row, _: &'a Item) -> Outcome<'a, Saved> {
        Box::pin(ready(Ok(Saved::Stored)))
    }

    fn remove_item<'a>(&'a self, _: &'a ConnectionId, _: &'a str) -> Outcome<'a, ()> {
        Box::pin(ready(Ok(())))
    }

    fn items<'a>(
        &'a self,
        _: &'a ConnectionId,
        _: Option<&'a str>,
    ) -> Outcome<'a, (Vec<Item>, bool)> {
        Box::pin(ready(Ok((Vec::new(), false))))
    }

    fn parts<'a>(&'a self, _: &'a ListKey, _: u32) -> Outcome<'a, Vec<Part>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn page<'a>(&'a self, _: &'a ListKey, _: Part, _: Option<&'a Position>) -> Outcome<'a, Page> {
        Box::pin(ready(Ok(Page::default())))
    }

    fn count<'a>(&'a self, _: &'a ListKey, _: Part) -> Outcome<'a, u64> {
        Box::pin(ready(Ok(0)))
    }
}

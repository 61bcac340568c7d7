//! The test suite that every store has to pass: call [`all`] from an async test.
//!
//! The store may already have rows. Each case uses new ids.

mod items;
mod lists;
mod rows;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use lift_event::Timestamp;

use super::{Item, Member, Members, Part, Read, Removed, Row, Saved, SignedIn, Store};
use crate::{ConnectionId, TenantId, UserId, push::Endpoint};

/// Runs the whole suite.
///
/// ```
/// use lift_ws::store::{MemoryStore, contract};
///
/// #[tokio::main(flavor = "current_thread")] // in a test: #[tokio::test]
/// async fn main() {
///     contract::all(&MemoryStore::new()).await;
/// }
/// ```
///
/// # Panics
/// When the store violates the contract. The message says how.
pub async fn all(store: &dyn Store) {
    rows::saving_twice_is_once(store).await;
    rows::a_tombstone_wins(store).await;
    rows::removing_returns_the_row_once(store).await;
    rows::removing_gone_spares_young_connections(store).await;
    lists::lists_have_their_own_connections(store).await;
    lists::strange_ids_stay_apart(store).await;
    rows::expired_rows_are_absent(store).await;
    rows::attributes_change_while_a_row_lives(store).await;
    rows::an_anonymous_row_is_signed_in_once(store).await;
    rows::invalid_rows_are_refused(store).await;
    lists::parts_cover_a_list_exactly(store).await;
    items::items_need_a_live_connection(store).await;
    items::groups_list_connections_with_an_item_in_them(store).await;
    items::strange_items_stay_apart(store).await;
    items::items_come_in_the_order_of_their_keys(store).await;
    items::items_expire_with_their_connection(store).await;
    items::an_item_keeps_its_connections_identity(store).await;
}

async fn put(store: &dyn Store, row: &Row, item: &Item) -> Saved {
    store.put_item(row, item).await.expect("put_item")
}

async fn save(store: &dyn Store, row: &Row) -> Saved {
    store.save(row).await.expect("save")
}

async fn get(store: &dyn Store, id: &ConnectionId) -> Option<Row> {
    store.get(id, Read::Consistent).await.expect("get")
}

async fn remove(store: &dyn Store, id: &ConnectionId) -> Option<Row> {
    store.remove(id).await.expect("remove").map(|removed| removed.row)
}

async fn list(store: &dyn Store, of: &Members) -> Vec<Member> {
    let mut members = Vec::new();
    for part in store.parts(of, 1).await.expect("parts") {
        members.extend(list_part(store, of, part).await);
    }
    members
}

async fn list_part(store: &dyn Store, of: &Members, part: Part) -> Vec<Member> {
    let mut members = Vec::new();
    let mut after = None;
    loop {
        let page = store.page(of, part, after.as_ref()).await.expect("page");
        members.extend(page.members);
        after = page.next;
        if after.is_none() {
            return members;
        }
    }
}

async fn items_of(store: &dyn Store, id: &ConnectionId) -> Vec<Item> {
    let mut all: Vec<Item> = Vec::new();
    loop {
        let after = all.last().map(|item| item.key.clone());
        let (page, more) = store.items(id, after.as_deref()).await.expect("items");
        all.extend(page);
        if !more {
            return all;
        }
    }
}

fn row(user: &str, tenant: &str) -> Row {
    row_in(user, &unique(tenant))
}

fn row_in(user: &str, tenant: &str) -> Row {
    Row {
        id: ConnectionId::from(format!("{}=", unique("R1kmxc2V-_"))),
        user: Some(UserId::from(user)),
        tenant: Some(TenantId::from(tenant)),
        endpoint: Endpoint::from("https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"),
        connected_at: Timestamp::now(),
        attributes: Some(serde_json::json!({"tier": "gold", "seats": [1, 2.5, null, true]})),
    }
}

fn member(row: &Row) -> Member {
    Member { id: row.id.clone(), user: row.user.clone(), endpoint: row.endpoint.clone() }
}

fn tenant(row: &Row) -> TenantId {
    row.tenant.clone().expect("a tenant")
}

/// A name that is unique among all cases and runs.
fn unique(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{:x}-{count}", Timestamp::now().as_millis())
}

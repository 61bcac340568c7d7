//! Rows and calls that the cases share.

use std::sync::atomic::{AtomicU64, Ordering};

use lift_event::Timestamp;

use crate::{
    ConnectionId, TenantId, UserId,
    push::Endpoint,
    store::{Consistency, Item, ListKey, Member, Part, Row, Saved, Store},
};

pub(super) async fn put(store: &dyn Store, row: &Row, item: &Item) -> Saved {
    store.put_item(row, item).await.expect("put_item")
}

pub(super) async fn save(store: &dyn Store, row: &Row) -> Saved {
    store.save(row).await.expect("save")
}

pub(super) async fn get(store: &dyn Store, id: &ConnectionId) -> Option<Row> {
    store.get(id, Consistency::Consistent).await.expect("get")
}

pub(super) async fn remove(store: &dyn Store, id: &ConnectionId) -> Option<Row> {
    store.remove(id).await.expect("remove").map(|removed| removed.row)
}

pub(super) async fn list(store: &dyn Store, list_key: &ListKey) -> Vec<Member> {
    let mut members = Vec::new();
    for part in store.parts(list_key, 1).await.expect("parts") {
        members.extend(list_part(store, list_key, part).await);
    }
    members
}

pub(super) async fn list_part(store: &dyn Store, list_key: &ListKey, part: Part) -> Vec<Member> {
    let mut members = Vec::new();
    let mut after = None;
    loop {
        let page = store.page(list_key, part, after.as_ref()).await.expect("page");
        members.extend(page.members);
        after = page.next;
        if after.is_none() {
            return members;
        }
    }
}

pub(super) async fn items_of(store: &dyn Store, id: &ConnectionId) -> Vec<Item> {
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

pub(super) fn row(user: &str, tenant: &str) -> Row {
    row_in(user, &unique(tenant))
}

pub(super) fn row_in(user: &str, tenant: &str) -> Row {
    Row {
        id: ConnectionId::from(format!("{}=", unique("R1kmxc2V-_"))),
        user: Some(UserId::from(user)),
        tenant: Some(TenantId::from(tenant)),
        endpoint: Endpoint::from("https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"),
        connected_at: Timestamp::now(),
        attributes: Some(serde_json::json!({"tier": "gold", "seats": [1, 2.5, null, true]})),
    }
}

pub(super) fn member(row: &Row) -> Member {
    Member { id: row.id.clone(), user: row.user.clone(), endpoint: row.endpoint.clone() }
}

pub(super) fn tenant(row: &Row) -> TenantId {
    row.tenant.clone().expect("a tenant")
}

/// A name that is unique among all cases and runs.
pub(super) fn unique(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{:x}-{count}", Timestamp::now().as_millis())
}

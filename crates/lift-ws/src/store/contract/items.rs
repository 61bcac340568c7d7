//! Items and groups: stored with a live connection, and removed with it.

use std::{collections::BTreeSet, time::Duration};

use lift_event::Timestamp;

use super::fixture::{
    get, items_of, list, list_part, member, put, remove, row, row_in, save, tenant, unique,
};
use crate::{
    TenantId, UserId,
    store::{Item, ListKey, Removed, Row, Saved, SignedIn, Store},
};

pub(super) async fn items_need_a_live_connection(store: &dyn Store) {
    let row = row("ana", "general");
    let note = |key: &str, text: &str| Item {
        key: key.to_owned(),
        group: None,
        value: Some(serde_json::json!({"text": text, "n": [1, 2.5, null]})),
    };
    assert_eq!(put(store, &row, &note("a", "early")).await, Saved::Ended, "there is no row yet");
    assert_eq!(save(store, &row).await, Saved::Stored);
    for item in [note("b", "old"), note("c", "c"), note("a", "a"), note("b", "new")] {
        assert_eq!(put(store, &row, &item).await, Saved::Stored);
    }
    let all = [note("a", "a"), note("b", "new"), note("c", "c")];
    assert_eq!(items_of(store, &row.id).await, all, "ordered by key; the last item of a key stays");
    let after = store.items(&row.id, Some("b")).await.expect("items");
    assert_eq!(after.0, all[2..]);
    assert_eq!(get(store, &row.id).await.as_ref(), Some(&row), "the row is unchanged");
    store.remove_item(&row.id, "b").await.expect("remove_item");
    store.remove_item(&row.id, "never-there").await.expect("removing nothing is no error");
    assert_eq!(items_of(store, &row.id).await, [all[0].clone(), all[2].clone()]);
    let of_tenant = ListKey::Tenant(tenant(&row));
    assert_eq!(list(store, &of_tenant).await, [member(&row)], "items are no connections");
    let removed = store.remove(&row.id).await.expect("remove");
    let all = vec![all[0].clone(), all[2].clone()];
    assert_eq!(
        removed,
        Some(Removed { row: row.clone(), items: all }),
        "the row and its items are returned"
    );
    assert_eq!(items_of(store, &row.id).await, [], "items end with their connection");
    assert_eq!(put(store, &row, &note("a", "late")).await, Saved::Ended);
    assert_eq!(items_of(store, &row.id).await, [], "a late item is not stored");
    for invalid in [note("", "x"), note(&"k".repeat(257), "x"), note("a", &"x".repeat(5000))] {
        assert!(store.put_item(&row, &invalid).await.expect_err("refused").is_invalid());
    }
}

pub(super) async fn groups_list_connections_with_an_item_in_them(store: &dyn Store) {
    let mark = unique("rooms");
    let rows: Vec<Row> = (0..12).map(|n| row_in(&format!("user-{n}"), &mark)).collect();
    let elsewhere = row("eve", "elsewhere");
    for row in rows.iter().chain([&elsewhere]) {
        assert_eq!(save(store, row).await, Saved::Stored);
        assert_eq!(put(store, row, &Item::in_group("tea")).await, Saved::Stored);
    }
    let tea = ListKey::Group { tenant: Some(mark.as_str().into()), group: "tea".into() };
    let listed = async || list(store, &tea).await.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(listed().await, rows.iter().map(member).collect(), "within the tenant");
    store.remove_item(&rows[0].id, "tea").await.expect("remove_item");
    let removed = store.remove_gone(&rows[1].id, Timestamp::from_millis(u64::MAX)).await;
    assert!(removed.expect("remove_gone"));
    assert!(remove(store, &rows[2].id).await.is_some());
    assert_eq!(
        listed().await,
        rows[3..].iter().map(member).collect(),
        "a connection that left is not listed"
    );
    let moved = Item { group: Some("coffee".into()), ..Item::in_group("tea") };
    assert_eq!(put(store, &rows[3], &moved).await, Saved::Stored);
    assert_eq!(listed().await, rows[4..].iter().map(member).collect(), "an item is in one group");
    let (mut listed_in_parts, mut counted) = (0, 0);
    for part in store.parts(&tea, 8).await.expect("parts") {
        listed_in_parts += list_part(store, &tea, part).await.len();
        counted += store.count(&tea, part).await.expect("count");
    }
    assert_eq!((listed_in_parts, counted), (8, 8), "a group is split into parts as a tenant is");
}

pub(super) async fn items_that_need_escaping_stay_apart(store: &dyn Store) {
    let mark = unique("escaped");
    let pairs = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a", "c#0"), ("ü/🚀\"", "c")];
    for (tenant, group) in pairs {
        let row = Row { tenant: Some(format!("{mark}{tenant}").into()), ..row("ana", "") };
        assert_eq!(save(store, &row).await, Saved::Stored);
        assert_eq!(put(store, &row, &Item::in_group(group)).await, Saved::Stored);
        let list_key = ListKey::Group { tenant: row.tenant.clone(), group: group.into() };
        assert_eq!(list(store, &list_key).await, [member(&row)]);
        assert_eq!(items_of(store, &row.id).await, [Item::in_group(group)]);
    }
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    let group = unique("public");
    assert_eq!(put(store, &anonymous, &Item::in_group(group.as_str())).await, Saved::Stored);
    let list_key = ListKey::Group { tenant: None, group: group.into() };
    assert_eq!(list(store, &list_key).await, [member(&anonymous)], "a group needs no tenant");
}

pub(super) async fn items_come_in_the_order_of_their_keys(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    // Keys that escaping, or a comparison by characters, would order differently.
    let keys = ["!", "#", "$", "%", "%23", "A", "Z", "a", "a#", "a#b", "a$", "aa", "ü", "🚀"];
    for key in keys.iter().rev() {
        let item = Item { key: (*key).to_owned(), group: None, value: None };
        assert_eq!(put(store, &row, &item).await, Saved::Stored);
    }
    let all: Vec<String> =
        items_of(store, &row.id).await.into_iter().map(|item| item.key).collect();
    assert_eq!(all, keys, "by the bytes of their keys");
    let (rest, _) = store.items(&row.id, Some("a#a")).await.expect("items");
    assert_eq!(rest[0].key, "a#b", "the key that items follow need not be there");
    assert_eq!(store.items(&row.id, Some("🚀")).await.expect("items"), (Vec::new(), false));
}

pub(super) async fn items_expire_with_their_connection(store: &dyn Store) {
    let expired = Row {
        connected_at: Timestamp::now() - Duration::from_secs(3 * 3600),
        ..row("ana", "general")
    };
    assert_eq!(save(store, &expired).await, Saved::Stored);
    assert_eq!(put(store, &expired, &Item::in_group("tea")).await, Saved::Stored);
    assert_eq!(items_of(store, &expired.id).await, []);
    let tea = ListKey::Group { tenant: expired.tenant.clone(), group: "tea".into() };
    assert_eq!(list(store, &tea).await, []);
}

pub(super) async fn an_item_keeps_its_connections_identity(store: &dyn Store) {
    let (mark, group) = (unique("late"), unique("group"));
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    assert_eq!(put(store, &anonymous, &Item::in_group(group.as_str())).await, Saved::Stored);
    let (user, tenant) = (UserId::from("ana"), TenantId::from(mark));
    let signed_in = store.sign_in(&anonymous.id, &user, Some(&tenant)).await.expect("sign_in");
    assert_eq!(signed_in, SignedIn::Done);
    let list_key = |tenant| ListKey::Group { tenant, group: group.as_str().into() };
    assert_eq!(
        list(store, &list_key(None)).await,
        [member(&anonymous)],
        "by the identity it was stored with"
    );
    assert_eq!(list(store, &list_key(Some(tenant.clone()))).await, []);
    let known = Row { user: Some(user), tenant: Some(tenant.clone()), ..anonymous };
    assert_eq!(put(store, &known, &Item::in_group(group.as_str())).await, Saved::Stored);
    assert_eq!(list(store, &list_key(None)).await, [], "storing it again moves it");
    assert_eq!(list(store, &list_key(Some(tenant))).await, [member(&known)]);
}

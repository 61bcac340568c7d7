//! What every store must do, as a suite to run against yours: call [`all`] from an async test.
//!
//! Each case takes a store that may already hold other rows, and uses ids of its own.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Item, Member, Members, Part, Read, Row, Saved, SignedIn, Store};
use crate::{ConnectionId, Endpoint, TenantId, UserId, clock::epoch_millis};

/// Runs the whole suite.
///
/// # Panics
/// When the store breaks the contract; the message says which part.
pub async fn all(store: &dyn Store) {
    saving_twice_is_once(store).await;
    a_tombstone_wins(store).await;
    removing_returns_the_row_once(store).await;
    gone_spares_the_young(store).await;
    lists_hold_their_own(store).await;
    strange_ids_stay_apart(store).await;
    expired_rows_are_absent(store).await;
    attributes_change_while_a_row_lives(store).await;
    an_anonymous_row_is_signed_in_once(store).await;
    invalid_rows_are_refused(store).await;
    parts_cut_a_list_without_loss(store).await;
    items_stand_beside_a_live_connection(store).await;
    groups_list_who_has_an_item_in_them(store).await;
    strange_items_stay_apart(store).await;
    items_come_in_the_order_of_their_keys(store).await;
    items_expire_with_their_connection(store).await;
    an_item_keeps_who_its_connection_was(store).await;
}

async fn saving_twice_is_once(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert_eq!(save(store, &row).await, Saved::Stored, "saving again changes nothing");
    assert_eq!(get(store, &row.id).await.as_ref(), Some(&row), "what was saved is read back");
    let listed = list(store, &Members::Tenant(tenant(&row))).await;
    assert_eq!(listed, [member(&row)], "a row is listed once");
}

async fn a_tombstone_wins(store: &dyn Store) {
    let late = row("ana", "general");
    assert_eq!(remove(store, &late.id).await, None, "there was no row to return");
    assert_eq!(save(store, &late).await, Saved::Ended, "a late save does not resurrect");
    assert_eq!(get(store, &late.id).await, None);
    assert_eq!(list(store, &Members::Tenant(tenant(&late))).await, []);
}

async fn removing_returns_the_row_once(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert_eq!(remove(store, &row.id).await.as_ref(), Some(&row), "the first returns the row");
    assert_eq!(remove(store, &row.id).await, None, "the second finds a tombstone");
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(list(store, &Members::Tenant(tenant(&row))).await, []);
}

async fn gone_spares_the_young(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    let young = store.remove_gone(&row.id, row.connected_at).await;
    assert!(!young.expect("remove_gone"), "a row that opened at the moment stays");
    assert!(get(store, &row.id).await.is_some());
    let old = store.remove_gone(&row.id, row.connected_at + 1).await;
    assert!(old.expect("remove_gone"), "a row that opened before it goes");
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(save(store, &row).await, Saved::Ended, "and leaves a tombstone");
    let absent = store.remove_gone(&"never-there=".into(), u64::MAX).await;
    assert!(!absent.expect("remove_gone"), "nothing is there to remove");
}

async fn lists_hold_their_own(store: &dyn Store) {
    let general = unique("general");
    let rows: Vec<Row> = (0..40).map(|n| row_in(&format!("user-{}", n % 4), &general)).collect();
    let elsewhere = row("user-1", "elsewhere");
    for row in rows.iter().chain([&elsewhere]) {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    let all: BTreeSet<Member> = rows.iter().map(member).collect();
    let tenant = TenantId::from(general);
    let listed = list(store, &Members::Tenant(tenant.clone())).await;
    assert_eq!(listed.len(), 40, "each connection is listed once, over all parts and pages");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
    let of_user = Members::User { tenant: Some(tenant), user: "user-1".into() };
    let listed: BTreeSet<Member> = list(store, &of_user).await.into_iter().collect();
    let user = |member: &&Member| member.user == Some("user-1".into());
    assert_eq!(listed, all.iter().filter(user).cloned().collect());
}

async fn strange_ids_stay_apart(store: &dyn Store) {
    // Pairs that a careless join of tenant and user would make equal.
    let pairs =
        [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a/b", "c"), ("\"a\" 🚀", "c"), ("A", "c")];
    let mark = unique("");
    let rows: Vec<Row> =
        pairs.iter().map(|(tenant, user)| row_in(user, &format!("{mark}{tenant}"))).collect();
    for row in &rows {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    for row in &rows {
        let mut of_tenant = list(store, &Members::Tenant(tenant(row))).await;
        of_tenant.sort();
        assert_eq!(of_tenant, [member(row)], "nothing crosses from one tenant to another");
        let user = row.user.clone().expect("a user");
        let of_user = Members::User { tenant: row.tenant.clone(), user };
        assert_eq!(list(store, &of_user).await, [member(row)]);
    }
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored, "user and tenant are optional");
    assert_eq!(get(store, &anonymous.id).await, Some(anonymous));
}

async fn expired_rows_are_absent(store: &dyn Store) {
    let expired = Row { connected_at: epoch_millis() - 3 * 3600 * 1000, ..row("ana", "general") };
    assert_eq!(save(store, &expired).await, Saved::Stored);
    assert_eq!(get(store, &expired.id).await, None, "an expired row is not read");
    assert_eq!(list(store, &Members::Tenant(tenant(&expired))).await, []);
}

async fn attributes_change_while_a_row_lives(store: &dyn Store) {
    let row = row("ana", "general");
    let attributes = || serde_json::json!({"tier": "iron"});
    let set = async || store.set_attributes(&row.id, attributes()).await.expect("set_attributes");
    assert!(!set().await, "there is no row yet");
    assert_eq!(get(store, &row.id).await, None, "and none was made");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert!(set().await);
    let changed = Row { attributes: Some(attributes()), ..row.clone() };
    assert_eq!(get(store, &row.id).await, Some(changed), "nothing else changed");
    assert!(remove(store, &row.id).await.is_some());
    assert!(!set().await, "a row that ended is not brought back");
    assert_eq!(get(store, &row.id).await, None);
    let large = store.set_attributes(&row.id, "x".repeat(5000).into()).await;
    assert!(large.expect_err("is over 4 KB").is_invalid());
}

async fn an_anonymous_row_is_signed_in_once(store: &dyn Store) {
    let mark = unique("general");
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    let (user, tenant) = (UserId::from("ana"), TenantId::from(mark.as_str()));
    let sign_in = async |user: &UserId| {
        store.sign_in(&anonymous.id, user, Some(&tenant)).await.expect("sign_in")
    };
    assert_eq!(sign_in(&user).await, SignedIn::Ended, "there is no row yet");
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    assert_eq!(sign_in(&user).await, SignedIn::Bound);
    assert_eq!(sign_in(&user).await, SignedIn::Bound, "twice is the same as once");
    assert_eq!(sign_in(&"eve".into()).await, SignedIn::Taken, "an identity never changes");
    let signed_in =
        Row { user: Some(user.clone()), tenant: Some(tenant.clone()), ..anonymous.clone() };
    assert_eq!(get(store, &anonymous.id).await.as_ref(), Some(&signed_in));
    assert_eq!(list(store, &Members::Tenant(tenant.clone())).await, [member(&signed_in)]);
    let of_user = Members::User { tenant: Some(tenant.clone()), user: user.clone() };
    assert_eq!(list(store, &of_user).await, [member(&signed_in)]);
    assert!(remove(store, &anonymous.id).await.is_some());
    assert_eq!(sign_in(&user).await, SignedIn::Ended);
    assert_eq!(list(store, &of_user).await, [], "a row that ended is not brought back");
    let in_tenant = Row { user: None, ..row_in("", &mark) };
    assert_eq!(save(store, &in_tenant).await, Saved::Stored);
    for (elsewhere, outcome) in [
        (None, SignedIn::Taken),
        (Some("else".into()), SignedIn::Taken),
        (Some(tenant), SignedIn::Bound),
    ] {
        let signed_in = store.sign_in(&in_tenant.id, &user, elsewhere.as_ref()).await;
        assert_eq!(signed_in.expect("sign_in"), outcome, "a tenant never changes");
    }
    let invalid = store.sign_in(&anonymous.id, &"".into(), None).await;
    assert!(invalid.expect_err("an empty user is refused").is_invalid());
}

async fn invalid_rows_are_refused(store: &dyn Store) {
    let rows = [
        Row { user: Some("".into()), ..row("ana", "general") },
        Row { tenant: Some("".into()), ..row("ana", "general") },
        Row { tenant: Some("t".repeat(257).into()), ..row("ana", "general") },
    ];
    for row in rows {
        let error = store.save(&row).await.expect_err("an invalid row is refused");
        assert!(error.is_invalid());
    }
    let longest = row_in(&"ü".repeat(128), &format!("{}{}", unique(""), "#".repeat(200)));
    assert_eq!(save(store, &longest).await, Saved::Stored, "the longest ids fit, escaped");
}

async fn parts_cut_a_list_without_loss(store: &dyn Store) {
    let mark = unique("cut");
    let rows: Vec<Row> = (0..60).map(|_| row_in("ana", &mark)).collect();
    for row in &rows {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    let all: BTreeSet<Member> = rows.iter().map(member).collect();
    let of_tenant = Members::Tenant(mark.as_str().into());
    let of_user = Members::User { tenant: Some(mark.as_str().into()), user: "ana".into() };
    for of in [&of_tenant, &of_user] {
        for wished in [0, 1, 16] {
            let parts = store.parts(of, wished).await.expect("parts");
            assert!(!parts.is_empty() && parts.len() >= wished as usize, "{parts:?}");
            let (mut listed, mut counted) = (Vec::new(), 0);
            for part in parts {
                listed.extend(list_part(store, of, part).await);
                counted += store.count(of, part).await.expect("count");
            }
            assert_eq!(listed.len(), 60, "each connection is in one part");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
            assert_eq!(counted, 60);
        }
    }
    let nobody = Members::Tenant(unique("nobody").into());
    assert_eq!(list(store, &nobody).await, []);
    assert_eq!(store.count(&nobody, Part::whole(0)).await.expect("count"), 0);
}

async fn items_stand_beside_a_live_connection(store: &dyn Store) {
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
    assert_eq!(items(store, &row.id).await, all, "by key, and the last of a key stands");
    let after = store.items(&row.id, Some("b")).await.expect("items");
    assert_eq!(after.0, all[2..]);
    assert_eq!(get(store, &row.id).await.as_ref(), Some(&row), "the row is as it was");
    store.remove_item(&row.id, "b").await.expect("remove_item");
    store.remove_item(&row.id, "never-there").await.expect("removing nothing is no error");
    assert_eq!(items(store, &row.id).await, [all[0].clone(), all[2].clone()]);
    let of_tenant = Members::Tenant(tenant(&row));
    assert_eq!(list(store, &of_tenant).await, [member(&row)], "items are no connections");
    assert_eq!(remove(store, &row.id).await.as_ref(), Some(&row));
    assert_eq!(items(store, &row.id).await, [], "items end with their connection");
    assert_eq!(put(store, &row, &note("a", "late")).await, Saved::Ended);
    assert_eq!(items(store, &row.id).await, [], "a late item is not stored");
    for invalid in [note("", "x"), note(&"k".repeat(257), "x"), note("a", &"x".repeat(5000))] {
        assert!(store.put_item(&row, &invalid).await.expect_err("refused").is_invalid());
    }
}

async fn groups_list_who_has_an_item_in_them(store: &dyn Store) {
    let mark = unique("rooms");
    let rows: Vec<Row> = (0..12).map(|n| row_in(&format!("user-{n}"), &mark)).collect();
    let elsewhere = row("eve", "elsewhere");
    for row in rows.iter().chain([&elsewhere]) {
        assert_eq!(save(store, row).await, Saved::Stored);
        assert_eq!(put(store, row, &Item::in_group("tea")).await, Saved::Stored);
    }
    let tea = Members::Group { tenant: Some(mark.as_str().into()), group: "tea".into() };
    let listed = async || list(store, &tea).await.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(listed().await, rows.iter().map(member).collect(), "within the tenant");
    store.remove_item(&rows[0].id, "tea").await.expect("remove_item");
    let removed = store.remove_gone(&rows[1].id, u64::MAX).await;
    assert!(removed.expect("remove_gone"));
    assert!(remove(store, &rows[2].id).await.is_some());
    assert_eq!(listed().await, rows[3..].iter().map(member).collect(), "who left is not listed");
    let moved = Item { group: Some("coffee".into()), ..Item::in_group("tea") };
    assert_eq!(put(store, &rows[3], &moved).await, Saved::Stored);
    assert_eq!(listed().await, rows[4..].iter().map(member).collect(), "an item is in one group");
    let (mut cut, mut counted) = (0, 0);
    for part in store.parts(&tea, 8).await.expect("parts") {
        cut += list_part(store, &tea, part).await.len();
        counted += store.count(&tea, part).await.expect("count");
    }
    assert_eq!((cut, counted), (8, 8), "a group is cut into parts as a tenant is");
}

async fn strange_items_stay_apart(store: &dyn Store) {
    let mark = unique("strange");
    let pairs = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a", "c#0"), ("ü/🚀\"", "c")];
    for (tenant, group) in pairs {
        let row = Row { tenant: Some(format!("{mark}{tenant}").into()), ..row("ana", "") };
        assert_eq!(save(store, &row).await, Saved::Stored);
        assert_eq!(put(store, &row, &Item::in_group(group)).await, Saved::Stored);
        let of = Members::Group { tenant: row.tenant.clone(), group: group.into() };
        assert_eq!(list(store, &of).await, [member(&row)]);
        assert_eq!(items(store, &row.id).await, [Item::in_group(group)]);
    }
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    let group = unique("public");
    assert_eq!(put(store, &anonymous, &Item::in_group(group.as_str())).await, Saved::Stored);
    let of = Members::Group { tenant: None, group: group.into() };
    assert_eq!(list(store, &of).await, [member(&anonymous)], "a group needs no tenant");
}

async fn items_come_in_the_order_of_their_keys(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    // What escaping, or comparing by letters, would put elsewhere.
    let keys = ["!", "#", "$", "%", "%23", "A", "Z", "a", "a#", "a#b", "a$", "aa", "ü", "🚀"];
    for key in keys.iter().rev() {
        let item = Item { key: (*key).to_owned(), group: None, value: None };
        assert_eq!(put(store, &row, &item).await, Saved::Stored);
    }
    let all: Vec<String> = items(store, &row.id).await.into_iter().map(|item| item.key).collect();
    assert_eq!(all, keys, "by the bytes of their keys");
    let (rest, _) = store.items(&row.id, Some("a#a")).await.expect("items");
    assert_eq!(rest[0].key, "a#b", "the key that items follow need not be there");
    assert_eq!(store.items(&row.id, Some("🚀")).await.expect("items"), (Vec::new(), false));
}

async fn items_expire_with_their_connection(store: &dyn Store) {
    let expired = Row { connected_at: epoch_millis() - 3 * 3600 * 1000, ..row("ana", "general") };
    assert_eq!(save(store, &expired).await, Saved::Stored);
    assert_eq!(put(store, &expired, &Item::in_group("tea")).await, Saved::Stored);
    assert_eq!(items(store, &expired.id).await, []);
    let tea = Members::Group { tenant: expired.tenant.clone(), group: "tea".into() };
    assert_eq!(list(store, &tea).await, []);
}

async fn an_item_keeps_who_its_connection_was(store: &dyn Store) {
    let (mark, group) = (unique("late"), unique("group"));
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    assert_eq!(put(store, &anonymous, &Item::in_group(group.as_str())).await, Saved::Stored);
    let (user, tenant) = (UserId::from("ana"), TenantId::from(mark));
    let signed_in = store.sign_in(&anonymous.id, &user, Some(&tenant)).await.expect("sign_in");
    assert_eq!(signed_in, SignedIn::Bound);
    let of = |tenant| Members::Group { tenant, group: group.as_str().into() };
    assert_eq!(list(store, &of(None)).await, [member(&anonymous)], "as when it was stored");
    assert_eq!(list(store, &of(Some(tenant.clone()))).await, []);
    let known = Row { user: Some(user), tenant: Some(tenant.clone()), ..anonymous };
    assert_eq!(put(store, &known, &Item::in_group(group.as_str())).await, Saved::Stored);
    assert_eq!(list(store, &of(None)).await, [], "storing it again moves it");
    assert_eq!(list(store, &of(Some(tenant))).await, [member(&known)]);
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
    store.remove(id).await.expect("remove")
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

async fn items(store: &dyn Store, id: &ConnectionId) -> Vec<Item> {
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
        connected_at: epoch_millis(),
        attributes: Some(serde_json::json!({"tier": "gold", "seats": [1, 2.5, null, true]})),
    }
}

fn member(row: &Row) -> Member {
    Member { id: row.id.clone(), user: row.user.clone(), endpoint: row.endpoint.clone() }
}

fn tenant(row: &Row) -> TenantId {
    row.tenant.clone().expect("a tenant")
}

/// A name that no other case and no other run has.
fn unique(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{:x}-{count}", epoch_millis())
}

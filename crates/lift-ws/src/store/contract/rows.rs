//! Rows: saved once, removed once, changed only until then.

use std::time::Duration;

use lift_event::Timestamp;

use super::fixture::{get, list, member, remove, row, row_in, save, tenant, unique};
use crate::{
    TenantId, UserId,
    store::{ListKey, Row, Saved, SignedIn, Store},
};

pub(super) async fn saving_twice_is_once(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert_eq!(save(store, &row).await, Saved::Stored, "saving again changes nothing");
    assert_eq!(get(store, &row.id).await.as_ref(), Some(&row), "what was saved is read back");
    let listed = list(store, &ListKey::Tenant(tenant(&row))).await;
    assert_eq!(listed, [member(&row)], "a row is listed once");
}

pub(super) async fn a_tombstone_wins(store: &dyn Store) {
    let late = row("ana", "general");
    assert_eq!(remove(store, &late.id).await, None, "there was no row to return");
    assert_eq!(save(store, &late).await, Saved::Ended, "a late save does not recreate the row");
    assert_eq!(get(store, &late.id).await, None);
    assert_eq!(list(store, &ListKey::Tenant(tenant(&late))).await, []);
}

pub(super) async fn removing_returns_the_row_once(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert_eq!(remove(store, &row.id).await.as_ref(), Some(&row), "the first returns the row");
    assert_eq!(remove(store, &row.id).await, None, "the second finds a tombstone");
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(list(store, &ListKey::Tenant(tenant(&row))).await, []);
}

pub(super) async fn removing_gone_keeps_young_connections(store: &dyn Store) {
    let row = row("ana", "general");
    assert_eq!(save(store, &row).await, Saved::Stored);
    let young = store.remove_gone(&row.id, row.connected_at).await;
    assert!(!young.expect("remove_gone"), "a row that opened at the moment stays");
    assert!(get(store, &row.id).await.is_some());
    let old = store.remove_gone(&row.id, row.connected_at + Duration::from_millis(1)).await;
    assert!(old.expect("remove_gone"), "a row that opened before it goes");
    assert_eq!(get(store, &row.id).await, None);
    assert_eq!(save(store, &row).await, Saved::Ended, "and leaves a tombstone");
    let absent = store.remove_gone(&"never-there=".into(), Timestamp::from_millis(u64::MAX)).await;
    assert!(!absent.expect("remove_gone"), "nothing is there to remove");
}

pub(super) async fn expired_rows_are_absent(store: &dyn Store) {
    let expired = Row {
        connected_at: Timestamp::now() - Duration::from_secs(3 * 3600),
        ..row("ana", "general")
    };
    assert_eq!(save(store, &expired).await, Saved::Stored);
    assert_eq!(get(store, &expired.id).await, None, "an expired row is not read");
    assert_eq!(list(store, &ListKey::Tenant(tenant(&expired))).await, []);
}

pub(super) async fn attributes_change_while_a_row_lives(store: &dyn Store) {
    let row = row("ana", "general");
    let attributes = || serde_json::json!({"tier": "iron"});
    let set = async || store.set_attributes(&row.id, attributes()).await.expect("set_attributes");
    assert!(!set().await, "there is no row yet");
    assert_eq!(get(store, &row.id).await, None, "and none was created");
    assert_eq!(save(store, &row).await, Saved::Stored);
    assert!(set().await);
    let changed = Row { attributes: Some(attributes()), ..row.clone() };
    assert_eq!(get(store, &row.id).await, Some(changed), "nothing else changed");
    assert!(remove(store, &row.id).await.is_some());
    assert!(!set().await, "the row of an ended connection is not recreated");
    assert_eq!(get(store, &row.id).await, None);
    let large = store.set_attributes(&row.id, "x".repeat(5000).into()).await;
    assert!(large.expect_err("is over 4 KB").is_invalid());
}

pub(super) async fn an_anonymous_row_is_signed_in_once(store: &dyn Store) {
    let mark = unique("general");
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    let (user, tenant) = (UserId::from("ana"), TenantId::from(mark.as_str()));
    let sign_in = async |user: &UserId| {
        store.sign_in(&anonymous.id, user, Some(&tenant)).await.expect("sign_in")
    };
    assert_eq!(sign_in(&user).await, SignedIn::Ended, "there is no row yet");
    assert_eq!(save(store, &anonymous).await, Saved::Stored);
    assert_eq!(sign_in(&user).await, SignedIn::Done);
    assert_eq!(sign_in(&user).await, SignedIn::Done, "twice is the same as once");
    assert_eq!(sign_in(&"eve".into()).await, SignedIn::OtherIdentity, "an identity never changes");
    let signed_in =
        Row { user: Some(user.clone()), tenant: Some(tenant.clone()), ..anonymous.clone() };
    assert_eq!(get(store, &anonymous.id).await.as_ref(), Some(&signed_in));
    assert_eq!(list(store, &ListKey::Tenant(tenant.clone())).await, [member(&signed_in)]);
    let of_user = ListKey::User { tenant: Some(tenant.clone()), user: user.clone() };
    assert_eq!(list(store, &of_user).await, [member(&signed_in)]);
    assert!(remove(store, &anonymous.id).await.is_some());
    assert_eq!(sign_in(&user).await, SignedIn::Ended);
    assert_eq!(list(store, &of_user).await, [], "the row of an ended connection is not recreated");
    let in_tenant = Row { user: None, ..row_in("", &mark) };
    assert_eq!(save(store, &in_tenant).await, Saved::Stored);
    for (elsewhere, outcome) in [
        (None, SignedIn::OtherIdentity),
        (Some("else".into()), SignedIn::OtherIdentity),
        (Some(tenant), SignedIn::Done),
    ] {
        let signed_in = store.sign_in(&in_tenant.id, &user, elsewhere.as_ref()).await;
        assert_eq!(signed_in.expect("sign_in"), outcome, "a tenant never changes");
    }
    let invalid = store.sign_in(&anonymous.id, &"".into(), None).await;
    assert!(invalid.expect_err("an empty user is refused").is_invalid());
    let invalid = store.sign_in(&anonymous.id, &"a\u{202e}b".into(), None).await;
    assert!(invalid.expect_err("an unsafe user is refused").is_invalid());
}

pub(super) async fn invalid_rows_are_refused(store: &dyn Store) {
    let rows = [
        Row { user: Some("".into()), ..row("ana", "general") },
        Row { tenant: Some("".into()), ..row("ana", "general") },
        Row { tenant: Some("t".repeat(257).into()), ..row("ana", "general") },
    ];
    for row in rows {
        let error = store.save(&row).await.expect_err("an invalid row is refused");
        assert!(error.is_invalid());
    }
    for c in ['\0', '\t', '\n', '\u{1b}', '\u{9b}', '\u{200f}', '\u{2028}', '\u{202e}', '\u{feff}']
    {
        let id = format!("a{c}b");
        for row in [
            Row { user: Some((&*id).into()), ..row("ana", "general") },
            Row { tenant: Some((&*id).into()), ..row("ana", "general") },
        ] {
            let error = store.save(&row).await.expect_err("an unsafe id is refused");
            assert!(error.is_invalid(), "{c:?}");
        }
    }
    let longest = row_in(&"ü".repeat(128), &format!("{}{}", unique(""), "#".repeat(200)));
    assert_eq!(save(store, &longest).await, Saved::Stored, "the longest ids fit, escaped");
}

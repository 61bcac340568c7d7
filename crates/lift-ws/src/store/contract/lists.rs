//! Lists: each has exactly its own connections, with any ids and any parts.

use std::collections::BTreeSet;

use super::fixture::{get, list, list_part, member, row, row_in, save, tenant, unique};
use crate::{
    TenantId,
    store::{ListKey, Member, Part, Row, Saved, Store},
};

pub(super) async fn lists_have_their_own_connections(store: &dyn Store) {
    let general = unique("general");
    let rows: Vec<Row> = (0..40).map(|n| row_in(&format!("user-{}", n % 4), &general)).collect();
    let elsewhere = row("user-1", "elsewhere");
    for row in rows.iter().chain([&elsewhere]) {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    let all: BTreeSet<Member> = rows.iter().map(member).collect();
    let tenant = TenantId::from(general);
    let listed = list(store, &ListKey::Tenant(tenant.clone())).await;
    assert_eq!(listed.len(), 40, "each connection is listed once, over all parts and pages");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
    let of_user = ListKey::User { tenant: Some(tenant), user: "user-1".into() };
    let listed: BTreeSet<Member> = list(store, &of_user).await.into_iter().collect();
    let user = |member: &&Member| member.user == Some("user-1".into());
    assert_eq!(listed, all.iter().filter(user).cloned().collect());
}

pub(super) async fn ids_that_need_escaping_stay_apart(store: &dyn Store) {
    // Pairs that are equal when tenant and user are joined without escaping.
    let pairs =
        [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a/b", "c"), ("\"a\" 🚀", "c"), ("A", "c")];
    let mark = unique("");
    let rows: Vec<Row> =
        pairs.iter().map(|(tenant, user)| row_in(user, &format!("{mark}{tenant}"))).collect();
    for row in &rows {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    for row in &rows {
        let mut of_tenant = list(store, &ListKey::Tenant(tenant(row))).await;
        of_tenant.sort();
        assert_eq!(of_tenant, [member(row)], "nothing crosses from one tenant to another");
        let user = row.user.clone().expect("a user");
        let of_user = ListKey::User { tenant: row.tenant.clone(), user };
        assert_eq!(list(store, &of_user).await, [member(row)]);
    }
    let anonymous = Row { user: None, tenant: None, ..row("", "") };
    assert_eq!(save(store, &anonymous).await, Saved::Stored, "user and tenant are optional");
    assert_eq!(get(store, &anonymous.id).await, Some(anonymous));
}

pub(super) async fn parts_cover_a_list_exactly(store: &dyn Store) {
    let mark = unique("cut");
    let rows: Vec<Row> = (0..60).map(|_| row_in("ana", &mark)).collect();
    for row in &rows {
        assert_eq!(save(store, row).await, Saved::Stored);
    }
    let all: BTreeSet<Member> = rows.iter().map(member).collect();
    let of_tenant = ListKey::Tenant(mark.as_str().into());
    let of_user = ListKey::User { tenant: Some(mark.as_str().into()), user: "ana".into() };
    for list_key in [&of_tenant, &of_user] {
        for min_parts in [0, 1, 16] {
            let parts = store.parts(list_key, min_parts).await.expect("parts");
            assert!(!parts.is_empty() && parts.len() >= min_parts as usize, "{parts:?}");
            let (mut listed, mut counted) = (Vec::new(), 0);
            for part in parts {
                listed.extend(list_part(store, list_key, part).await);
                counted += store.count(list_key, part).await.expect("count");
            }
            assert_eq!(listed.len(), 60, "each connection is in one part");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
            assert_eq!(counted, 60);
        }
    }
    let empty = ListKey::Tenant(unique("empty").into());
    assert_eq!(list(store, &empty).await, []);
    assert_eq!(store.count(&empty, Part::whole(0)).await.expect("count"), 0);
}

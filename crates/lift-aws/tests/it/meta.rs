//! META, the row that all processes share: its endpoints, and outages in which it cannot be read.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use lift_ws::{
    event::Timestamp,
    store::{Item, ListKey, Part, Row, Saved, Store},
};
use serde_json::json;

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE, throttle},
    row_fixture::{row, row_of},
};

#[tokio::test]
async fn members_of_several_endpoints_are_listed_with_their_own() {
    let database = EmbeddedDatabase::start().await;
    let (store, other_process) = (database.store(), database.store());
    let second = Row { id: "R1kmxSECOND=".into(), endpoint: "https://other/dev".into(), ..row() };
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let of = ListKey::Tenant("a#b".into());
    let endpoints = async || {
        let mut all = Vec::new();
        for part in store.parts(&of, 1).await.expect("parts") {
            let page = store.page(&of, part, None).await.expect("a page");
            all.extend(page.members.into_iter().map(|member| member.endpoint));
        }
        all.sort();
        all
    };
    assert_eq!(endpoints().await, [row().endpoint]);
    // Another process adds an endpoint, which this one has not read yet.
    assert_eq!(other_process.save(&second).await.expect("save"), Saved::Stored);
    let mut both = [row().endpoint, second.endpoint.clone()];
    both.sort();
    assert_eq!(endpoints().await, both);
}

#[tokio::test]
async fn an_endpoint_that_meta_lacks_fails_the_page() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    database.take_calls();
    let key = json!({"pk": {"S": "META"}, "sk": {"S": "META"}});
    let (status, _) = database.execute(
        "UpdateItem",
        json!({"TableName": TABLE, "Key": key, "UpdateExpression": "REMOVE #env",
               "ExpressionAttributeNames": {"#env": "env#kjl2oh"}}),
    );
    assert_eq!(status, 200);
    let (other_process, of) = (database.store(), ListKey::Tenant("a#b".into()));
    let part = Part { shard: 1, from: 0, to: u32::MAX };
    for _ in 0..3 {
        let error = other_process.page(&of, part, None).await.expect_err("is an error");
        let cause = error.source().expect("a cause").to_string();
        assert!(cause.contains("kjl2oh"), "{cause}");
    }
    let reads = database.take_calls().iter().filter(|call| call.operation == "GetItem").count();
    assert_eq!(reads, 2, "META is read once at the start, and once for the endpoint");
}

#[tokio::test]
async fn a_table_that_lost_meta_is_used_on() {
    let (id, next) = (row().id, row_of("R1kmxNEXT="));
    // Each kind of item alone, because the first that Lift did not write is refused.
    for kept in ["a row", "a tombstone", "an item"] {
        let database = EmbeddedDatabase::start().await;
        let store = database.store();
        assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
        assert_eq!(
            store.put_item(&row(), &Item::in_group("tea")).await.expect("put"),
            Saved::Stored
        );
        let delete = |pk: &str, sk: &str| {
            let key = json!({"pk": {"S": pk}, "sk": {"S": sk}});
            assert_eq!(
                database.execute("DeleteItem", json!({"TableName": TABLE, "Key": key})).0,
                200
            );
        };
        let partition = format!("CONNECTION#{id}");
        match kept {
            "a row" => delete(&partition, "ITEM#tea"),
            "a tombstone" => drop(store.remove(&id).await.expect("remove").expect("a row")),
            _ => delete(&partition, "CONNECTION"),
        }
        delete("META", "META");
        assert_eq!(database.store().save(&next).await.expect(kept), Saved::Stored);
    }
}

#[tokio::test]
async fn two_endpoints_with_the_same_short_id_are_an_error() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let key = json!({"pk": {"S": "META"}, "sk": {"S": "META"}});
    let conflicting = json!({"TableName": TABLE, "Key": key, "UpdateExpression": "SET #env = :env",
        "ExpressionAttributeNames": {"#env": "env#kjl2oh"},
        "ExpressionAttributeValues": {":env": {"S": "https://other/dev"}}});
    assert_eq!(database.execute("UpdateItem", conflicting).0, 200);
    let error = database.store().save(&row()).await.expect_err("is refused");
    assert!(error.source().expect("a cause").to_string().contains("same short id"));
}

#[tokio::test]
async fn throttling_is_typed_and_an_old_copy_of_meta_is_used_in_an_outage() {
    let (down, now) =
        (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(row().connected_at.as_millis())));
    let database = EmbeddedDatabase::start().await;
    let faulty = database.with_hook({
        let down = Arc::clone(&down);
        move |operation, body| {
            let meta = operation == "GetItem" && body["Key"]["pk"]["S"] == "META";
            let fails = meta && down.load(Ordering::Relaxed);
            Box::pin(async move {
                fails.then(|| (400, throttle("TableReadKeyRangeThroughputExceeded")))
            })
        }
    });
    let clock = Arc::clone(&now);
    let store =
        faulty.store().with_clock(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
    let error = store.save(&row()).await.expect_err("there is no copy");
    assert!(error.is_throttled());
    down.store(false, Ordering::Relaxed);
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    down.store(true, Ordering::Relaxed);
    let of = ListKey::Tenant("a#b".into());
    for seconds in [30, 100, 145] {
        now.store(row().connected_at.as_millis() + seconds * 1000, Ordering::Relaxed);
        assert_eq!(store.parts(&of, 1).await.expect("the old copy").len(), 4, "after {seconds} s");
    }
    now.fetch_add(10_000, Ordering::Relaxed);
    let error = store.parts(&of, 1).await.expect_err("too old: writers may use more shards");
    assert!(error.is_throttled());
}

//! The app's items end with their connection, also when DynamoDB processes only part of a batch,
//! and when the first attempt to remove them fails.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use lift_aws::DynamoStore;
use lift_ws::{
    event::Timestamp,
    store::{Item, Row, Saved, Store},
};
use serde_json::{Value, json};

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row,
};

async fn with_items(store: &DynamoStore, count: usize) {
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    for n in 0..count {
        let item = Item::in_group(format!("room-{n}"));
        assert_eq!(store.put_item(&row(), &item).await.expect("put"), Saved::Stored);
    }
}

/// Returns the number of items in the table, including expired ones.
fn item_count(database: &EmbeddedDatabase) -> usize {
    let (_, found) = database.execute("Scan", json!({"TableName": TABLE}));
    let items = found["Items"].as_array().expect("items");
    let is_item =
        |item: &&Value| item["sk"]["S"].as_str().is_some_and(|key| key.starts_with("ITEM#"));
    items.iter().filter(is_item).count()
}

#[tokio::test]
async fn more_items_than_a_batch_and_a_page_are_removed() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_page(40);
    with_items(&store, 60).await;
    assert_eq!(item_count(&database), 60);
    database.take_calls();
    store.remove(&row().id).await.expect("remove").expect("a row");
    assert_eq!(item_count(&database), 0);
    let batches =
        database.take_calls().iter().filter(|call| call.operation == "BatchWriteItem").count();
    assert_eq!(batches, 3, "25 and 15 of the first page, 20 of the second");
}

#[tokio::test(start_paused = true)]
async fn unprocessed_items_of_a_batch_are_retried() {
    let database = EmbeddedDatabase::start().await;
    with_items(&database.store(), 10).await;
    let batches = Arc::new(AtomicUsize::new(0));
    let (count, inner) = (Arc::clone(&batches), database.clone());
    // Processes three items of a batch and returns the others, like a busy DynamoDB.
    let busy = database.with_hook(move |operation, body| {
        if operation != "BatchWriteItem" {
            return Box::pin(async { None });
        }
        count.fetch_add(1, Ordering::Relaxed);
        let mut done = body["RequestItems"][TABLE].as_array().expect("requests").clone();
        let rest = done.split_off(done.len().min(3));
        let (status, _) = inner.execute(operation, json!({"RequestItems": {TABLE: done}}));
        assert_eq!(status, 200);
        let rest = if rest.is_empty() { json!({}) } else { json!({TABLE: rest}) };
        Box::pin(async move { Some((200, json!({"UnprocessedItems": rest}))) })
    });
    busy.store().remove(&row().id).await.expect("remove").expect("a row");
    assert_eq!((item_count(&database), batches.load(Ordering::Relaxed)), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn a_failed_removal_of_items_fails_no_disconnect_and_a_later_410_removes_them() {
    let database = EmbeddedDatabase::start().await;
    with_items(&database.store(), 3).await;
    let broken = database.with_hook(|operation, _| {
        let fails = operation == "BatchWriteItem";
        let error = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
        Box::pin(async move { fails.then_some((500, error)) })
    });
    let removed = broken.store().remove(&row().id).await.expect("remove").expect("a row");
    assert_eq!(removed.row, row());
    assert_eq!(item_count(&database), 3);
    let store = database.store();
    assert_eq!(store.items(&row().id, None).await.expect("items").0.len(), 3, "not removed yet");
    assert!(
        !store.remove_gone(&row().id, Timestamp::from_millis(u64::MAX)).await.expect("remove_gone")
    );
    assert_eq!(item_count(&database), 0);
}

#[tokio::test]
async fn items_are_read_page_by_page_and_expired_ones_are_left_out() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_page(2);
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let expired = Row { connected_at: Timestamp::from_millis(0), ..row() };
    // Pages of two: both expired, one of each, both live, one live.
    for (n, key) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().enumerate() {
        let of = if n < 3 { &expired } else { &row() };
        assert_eq!(store.put_item(of, &Item::in_group(key)).await.expect("put"), Saved::Stored);
    }
    let (mut pages, mut after) = (Vec::new(), None::<String>);
    loop {
        let (items, more) = store.items(&row().id, after.as_deref()).await.expect("items");
        pages.push(items.iter().map(|item| item.key.clone()).collect::<String>());
        after = items.last().map(|item| item.key.clone());
        if !more {
            break;
        }
        assert!(after.is_some(), "a caller can go on after the last item: {pages:?}");
    }
    assert_eq!(pages, ["d", "ef", "g"]);
}

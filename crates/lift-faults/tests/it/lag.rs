//! Lagging reads, with the AWS SDK and a paused clock.

use std::time::Duration;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use tokio::time::{sleep, timeout};

use crate::test_database::{TABLE, TestDatabase, color, names_by_color, put, text};

const INDEX_LAG: &str = "[[fault]]\napi = 'dynamodb'\nkind = 'index-lag'\nms = 4000";

#[tokio::test(start_paused = true)]
async fn an_index_sees_a_write_late_and_a_consistent_read_at_once() {
    let database = TestDatabase::in_memory(INDEX_LAG).await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("a write");
    assert_eq!(color(&client, "sky", true).await.as_deref(), Some("blue"));
    sleep(Duration::from_millis(3_990)).await;
    assert!(names_by_color(&client, "blue").await.is_empty(), "the index has not seen it");
    sleep(Duration::from_millis(20)).await;
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
    assert_eq!(database.injected(), ["PutItem 1: index lag of 4000 ms"]);
}

#[tokio::test(start_paused = true)]
async fn updates_and_deletes_reach_the_index_late_and_in_their_order() {
    let database = TestDatabase::in_memory(INDEX_LAG).await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("a write");
    database.link.wait_until_idle().await;
    let update = client.update_item().table_name(TABLE).key("name", text("sky"));
    let update = update.update_expression("SET color = :c");
    update.expression_attribute_values(":c", text("red")).send().await.expect("an update");
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
    assert!(names_by_color(&client, "red").await.is_empty());
    database.link.wait_until_idle().await;
    assert_eq!(names_by_color(&client, "red").await, ["sky"]);
    let delete = client.delete_item().table_name(TABLE).key("name", text("sky"));
    delete.send().await.expect("deleted");
    assert_eq!(names_by_color(&client, "red").await, ["sky"]);
    database.link.wait_until_idle().await;
    assert!(names_by_color(&client, "red").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_write_of_an_item_wins_for_all_lags() {
    for seed in 0..5 {
        let plan = "[[fault]]\napi = 'dynamodb'\nkind = 'index-lag'\nms = '0..60'\nshare = 0.7";
        let database = TestDatabase::in_memory(&format!("seed = {seed}\n{plan}")).await;
        let client = database.client(1);
        for number in 0..20 {
            put(&client, "sky", &format!("color {number}")).await.expect("a write");
        }
        database.link.wait_until_idle().await;
        assert_eq!(names_by_color(&client, "color 19").await, ["sky"], "seed {seed}");
        assert!(names_by_color(&client, "color 18").await.is_empty(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_without_a_fault_are_visible_at_once() {
    let database = TestDatabase::in_memory(&format!("{INDEX_LAG}\nnth = 2")).await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("a write");
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
    put(&client, "sea", "blue").await.expect("a late write");
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
}

#[tokio::test(start_paused = true)]
async fn batches_reach_the_index_late_and_existing_items_are_copied() {
    let database = TestDatabase::in_memory(INDEX_LAG).await;
    for n in 0..30 {
        put(&database.direct, &format!("old {n:02}"), "grey")
            .await
            .expect("a write without faults");
    }
    let client = database.client(1);
    assert_eq!(names_by_color(&client, "grey").await.len(), 30);
    let request = |name: &str| {
        let put = PutRequest::builder().item("name", text(name)).item("color", text("blue"));
        WriteRequest::builder().put_request(put.build().expect("an item")).build()
    };
    let batch = vec![request("sky"), request("sea")];
    client.batch_write_item().request_items(TABLE, batch).send().await.expect("written");
    assert!(names_by_color(&client, "blue").await.is_empty());
    database.link.wait_until_idle().await;
    assert_eq!(names_by_color(&client, "blue").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_changes_no_copy() {
    let database = TestDatabase::in_memory(INDEX_LAG).await;
    let client = database.client(1);
    let put = client.put_item().table_name(TABLE).item("name", text("sky"));
    let put = put.item("color", text("blue")).condition_expression("attribute_exists(#n)");
    let refused = put.expression_attribute_names("#n", "name").send().await;
    refused.expect_err("the condition does not hold");
    timeout(Duration::from_millis(100), database.link.wait_until_idle())
        .await
        .expect("no delayed write");
    assert!(names_by_color(&client, "blue").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_returns_old_data() {
    let database = TestDatabase::in_memory(
        "[[fault]]\napi = 'dynamodb'\noperation = 'GetItem'\nkind = 'stale'\nms = 3000\nnth = '2..3'",
    )
    .await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("a write");
    assert_eq!(color(&client, "sky", false).await.as_deref(), Some("blue"), "not the second read");
    assert_eq!(color(&client, "sky", true).await.as_deref(), Some("blue"), "never stale");
    assert_eq!(color(&client, "sky", false).await, None, "the second eventual read");
    database.link.wait_until_idle().await;
    assert_eq!(color(&client, "sky", false).await.as_deref(), Some("blue"));
    assert_eq!(database.injected(), ["GetItem 2: stale read", "GetItem 3: stale read"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_with_a_lost_response_reaches_the_index_too() {
    let lost =
        "[[fault]]\napi = 'dynamodb'\noperation = 'PutItem'\nkind = 'reset'\nlost = 'answer'";
    let database = TestDatabase::in_memory(&format!("{INDEX_LAG}\n{lost}")).await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect_err("the response is lost");
    database.link.wait_until_idle().await;
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
}

#[tokio::test]
async fn an_index_lags_over_http_too() {
    let database = TestDatabase::start(INDEX_LAG).await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("a write");
    assert!(names_by_color(&client, "blue").await.is_empty());
    assert_eq!(color(&client, "sky", true).await.as_deref(), Some("blue"));
    database.link.wait_until_idle().await;
    assert_eq!(names_by_color(&client, "blue").await, ["sky"]);
}

//! Faults of DynamoDB, with the AWS SDK.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::test_database::{TABLE, TestDatabase, color, put, text};

#[tokio::test]
async fn a_throttle_gives_its_reason_and_a_retry_passes() {
    let database = TestDatabase::start(
        "[[fault]]
         api = 'dynamodb'
         operation = 'PutItem'
         kind = 'throttle'
         reason = 'IndexWriteKeyRangeThroughputExceeded'
         index = 'colors'
         nth = [1, 2]",
    )
    .await;
    let throttled = database.client(1).put_item().table_name(TABLE).item("name", text("sky"));
    let error = throttled.send().await.expect_err("the first is throttled");
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(400));
    let error = error.into_service_error();
    assert!(error.is_throttling_exception(), "{error:?}");
    let debug = format!("{error:?}");
    assert!(debug.contains("IndexWriteKeyRangeThroughputExceeded"), "{debug}");
    let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/items/index/colors";
    assert!(debug.contains(arn), "{debug}");

    put(&database.client(2), "sky", "blue").await.expect("the SDK retries");
    assert_eq!(database.color("sky").await.as_deref(), Some("blue"));
    assert_eq!(database.faults.report().total(), 2);
}

#[tokio::test]
async fn each_limit_has_its_exception() {
    let database = TestDatabase::start(
        "[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nnth = 1
         reason = 'TableWriteProvisionedThroughputExceeded'
         [[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nnth = 2
         reason = 'TableWriteAccountLimitExceeded'
         [[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nnth = 3",
    )
    .await;
    let client = database.client(1);
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(put(&client, "sky", "blue").await.expect_err("throttled"));
    }
    assert_eq!(
        names,
        ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"]
    );
    let last = database.injected().pop();
    assert_eq!(last.as_deref(), Some("PutItem 3: throttle"));
}

#[tokio::test]
async fn an_error_has_a_status_or_a_name() {
    let database = TestDatabase::start(
        "[[fault]]\napi = 'dynamodb'\nkind = 'error'\nnth = 1
         [[fault]]\napi = 'dynamodb'\nkind = 'error'\nnth = 2\nstatus = 503
         [[fault]]\napi = 'dynamodb'\nkind = 'error'\nnth = 3\nstatus = 400
         error = 'ExpiredTokenException'
         [[fault]]\napi = 'dynamodb'\nkind = 'error'\nnth = 4\nlost = 'answer'",
    )
    .await;
    let client = database.client(1);
    let mut names = Vec::new();
    for name in ["a", "b", "c", "d"] {
        names.push(put(&client, name, "blue").await.expect_err("an error"));
    }
    let expected = [
        "InternalServerError",
        "ServiceUnavailable",
        "ExpiredTokenException",
        "InternalServerError",
    ];
    assert_eq!(names, expected);
    assert_eq!(database.color("a").await, None);
    assert_eq!(database.color("d").await.as_deref(), Some("blue"), "only its response was lost");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_takes_the_time_of_the_plan() {
    let database = TestDatabase::in_memory(
        "[[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = '60..90'\nnth = 1",
    )
    .await;
    let start = Instant::now();
    put(&database.client(1), "sky", "blue").await.expect("only delayed");
    assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_delayed_write_is_executed_after_its_own_retry() {
    // The client gives up after 300 ms and retries. The first request is still executed.
    let database =
        TestDatabase::in_memory("[[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = 700\nnth = 1")
            .await;
    let client = database.client(2);
    put(&client, "sky", "blue").await.expect("the second attempt");
    put(&client, "sky", "red").await.expect("a later write");
    assert_eq!(database.color("sky").await.as_deref(), Some("red"));
    sleep(Duration::from_millis(700)).await;
    assert_eq!(database.color("sky").await.as_deref(), Some("blue"), "the late write is done");
}

#[tokio::test(start_paused = true)]
async fn a_hang_lasts_until_the_client_gives_up() {
    let database = TestDatabase::in_memory(
        "[[fault]]\napi = 'dynamodb'\nkind = 'hang'\nnth = 1
         [[fault]]\napi = 'dynamodb'\nkind = 'hang'\nnth = 2\nlost = 'answer'
         [[fault]]\napi = 'dynamodb'\nkind = 'hang'\nnth = 3\nms = 20",
    )
    .await;
    let client = database.client(1);
    for name in ["a", "b"] {
        let start = Instant::now();
        let error = put(&client, name, "blue").await.expect_err("no response");
        assert!(error.contains("timed out") || error.contains("timeout"), "{error}");
        assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
    }
    assert_eq!(database.color("a").await, None);
    assert_eq!(database.color("b").await.as_deref(), Some("blue"));
    let start = Instant::now();
    let error = put(&client, "c", "blue").await.expect_err("reset");
    assert!(error.contains("dispatch failure"), "{error}");
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_write_with_a_lost_response_is_executed_and_one_with_a_lost_request_is_not() {
    let database = TestDatabase::start(
        "[[fault]]\napi = 'dynamodb'\nkind = 'reset'\nlost = 'answer'\nnth = 1
         [[fault]]\napi = 'dynamodb'\nkind = 'reset'\nlost = 'request'\nnth = 2",
    )
    .await;
    let client = database.client(1);
    assert!(put(&client, "sky", "blue").await.expect_err("lost").contains("dispatch failure"));
    assert!(put(&client, "sun", "gold").await.expect_err("lost").contains("dispatch failure"));
    assert_eq!(database.color("sky").await.as_deref(), Some("blue"));
    assert_eq!(database.color("sun").await, None);
    assert_eq!(
        database.injected(),
        ["PutItem 1: reset, the response is lost", "PutItem 2: reset, the request is lost"]
    );
}

#[tokio::test]
async fn a_retry_after_a_lost_response_finds_its_own_row() {
    let database = TestDatabase::start(
        "[[fault]]\napi = 'dynamodb'\nkind = 'reset'\nlost = 'answer'\nnth = 1",
    )
    .await;
    let put = database.client(3).put_item().table_name(TABLE).item("name", text("sky"));
    let put = put.condition_expression("attribute_not_exists(#n)");
    let error = put.expression_attribute_names("#n", "name").send().await;
    let error = error.expect_err("the first attempt was executed").into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_executed_again_later() {
    let database = TestDatabase::in_memory(
        "[[fault]]\napi = 'dynamodb'\nkind = 'duplicate'\nms = 80\nnth = 1",
    )
    .await;
    let client = database.client(1);
    put(&client, "sky", "blue").await.expect("the response of the first copy");
    put(&client, "sky", "red").await.expect("done");
    assert_eq!(database.color("sky").await.as_deref(), Some("red"));
    database.link.wait_until_idle().await;
    assert_eq!(database.color("sky").await.as_deref(), Some("blue"), "the second copy is done");
}

#[tokio::test(start_paused = true)]
async fn a_later_write_overtakes_a_reordered_one() {
    let database = TestDatabase::in_memory(
        "[[fault]]\napi = 'dynamodb'\nkind = 'reorder'\nms = 5000\nnth = 1",
    )
    .await;
    let (first, second) = (database.client(1), database.client(1));
    let start = Instant::now();
    let held = tokio::spawn(async move { put(&first, "sky", "blue").await });
    sleep(Duration::from_millis(100)).await;
    assert_eq!(database.color("sky").await, None, "the first write is held");
    put(&second, "sky", "red").await.expect("passes");
    held.await.expect("no panic").expect("executed later");
    assert_eq!(database.color("sky").await.as_deref(), Some("blue"));
    assert_eq!(
        start.elapsed(),
        Duration::from_millis(100),
        "it does not wait for its limit of 5 seconds"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reordered_write_without_a_later_write_is_executed_after_its_limit() {
    let database =
        TestDatabase::in_memory("[[fault]]\napi = 'dynamodb'\nkind = 'reorder'\nms = 40\nnth = 1")
            .await;
    put(&database.client(1), "sky", "blue").await.expect("done");
    assert_eq!(color(&database.direct, "sky", true).await.as_deref(), Some("blue"));
}

#[tokio::test]
async fn faults_of_one_item_do_not_affect_others() {
    let database =
        TestDatabase::start("[[fault]]\napi = 'dynamodb'\nitem = 'sky'\nkind = 'throttle'").await;
    let client = database.client(2);
    assert_eq!(
        put(&client, "sky", "blue").await.expect_err("every attempt"),
        "ThrottlingException"
    );
    put(&client, "sun", "gold").await.expect("not affected");
    assert_eq!(database.faults.report().total(), 2, "both attempts for `sky`");
}

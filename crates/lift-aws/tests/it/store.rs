//! The store passes the contract of stores, and stores the documented attributes.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_sdk_dynamodb::types::AttributeValue;
use lift_aws::table::CreateOptions;
use lift_ws::store::{Consistency, Item, Row, Saved, Store, contract};
use serde_json::json;

use crate::{
    database::Database,
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row,
};

/// Over HTTP, as on AWS.
#[tokio::test]
async fn the_store_passes_the_contract() {
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new()).await.expect("a table");
    contract::all(&database.store(TABLE)).await;
}

#[tokio::test]
async fn the_store_passes_the_contract_with_any_page_length_and_shard_count() {
    contract::all(&EmbeddedDatabase::start().await.store().with_page(7)).await;
    contract::all(&EmbeddedDatabase::start().await.store().with_page(1).with_shards(1)).await;
    contract::all(&EmbeddedDatabase::start().await.store().with_shards(16)).await;
}

#[tokio::test]
async fn a_row_of_an_earlier_version_is_read_whatever_its_user_is() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let user = "ana\r\n\u{1b}[2J\u{202e}";
    let named = Row { user: Some(user.into()), ..row() };
    assert!(store.save(&named).await.expect_err("refused today").is_invalid());
    let id = items(&database).await[0]["pk"].as_s().expect("a text").clone();
    let update = json!({
        "TableName": TABLE,
        "Key": { "pk": { "S": id }, "sk": { "S": "CONNECTION" } },
        "UpdateExpression": "SET u = :u",
        "ExpressionAttributeValues": { ":u": { "S": user } },
    });
    assert_eq!(database.execute("UpdateItem", update).0, 200);
    let read = store.get(&row().id, Consistency::Consistent).await.expect("get").expect("a row");
    assert_eq!(read.user.expect("a user").as_str(), user);
    let removed = store.remove(&row().id).await.expect("remove").expect("a row");
    assert_eq!(removed.row.user.expect("a user").as_str(), user);
}

#[tokio::test]
async fn a_tombstone_has_no_data_of_the_user() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    store.remove(&row().id).await.expect("remove").expect("a row");
    let items = items(&database).await;
    let mut names: Vec<&str> = items[0].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!((items.len(), names), (1, vec!["gone", "pk", "sk", "ttl"]));
    let number =
        |name: &str| items[0][name].as_n().expect("a number").parse::<u64>().expect("an integer");
    assert_eq!(number("ttl"), number("gone") / 1000 + 900, "it stays for 15 minutes");
}

#[tokio::test]
async fn a_row_is_stored_as_documented() {
    let database = EmbeddedDatabase::start().await;
    assert_eq!(database.store().save(&row()).await.expect("save"), Saved::Stored);
    let items = items(&database).await;
    let item = &items[0];
    let string = |name: &str| item[name].as_s().expect("a string").as_str();
    assert_eq!(string("pk"), "CONNECTION#R1kmxc2VNjMCFIA=");
    assert_eq!(string("sk"), "CONNECTION");
    assert_eq!((string("u"), string("t")), ("ana", "a#b"));
    assert_eq!((string("gsi1pk"), string("gsi1sk")), ("USER#a%23b#ana", "22989944"));
    assert_eq!((string("gsi2pk"), string("gsi2sk")), ("TENANT#a%23b#1", "22989944"));
    assert_eq!((string("env"), string("e")), ("kjl2oh", row().endpoint.as_str()));
    let expiry = AttributeValue::N((row().connected_at.as_secs() + 7_500).to_string());
    assert_eq!(item["ttl"], expiry, "2 h 05 min after it opened");
    assert_eq!(item["ca"], AttributeValue::N(row().connected_at.to_string()));
    assert_eq!(item.len(), 12, "{item:?}");
}

#[tokio::test]
async fn an_item_is_stored_as_documented_and_expires_with_its_connection() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let app = Item { value: Some(json!({"seat": 4})), ..Item::in_group("tea#1") };
    assert_eq!(store.put_item(&row(), &app).await.expect("put"), Saved::Stored);
    let items = items(&database).await;
    let item = items.iter().find(|item| item["sk"] != items_key("CONNECTION")).expect("an item");
    let string = |name: &str| item[name].as_s().expect("a string").as_str();
    assert_eq!((string("pk"), string("sk")), ("CONNECTION#R1kmxc2VNjMCFIA=", "ITEM#tea#1"));
    assert_eq!((string("gsi2pk"), string("gsi2sk")), ("GROUP#a%23b#tea%231#1", "22989944"));
    assert_eq!((string("u"), string("env"), string("a")), ("ana", "kjl2oh", r#"{"seat":4}"#));
    assert_eq!(item["ttl"], AttributeValue::N(row().expires_at().as_secs().to_string()));
    let live = items.iter().find(|item| item["sk"] == items_key("CONNECTION")).expect("a row");
    assert!(live.contains_key("i"), "the row is marked: {live:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_lost_response_is_harmless() {
    let database = EmbeddedDatabase::start().await;
    let (inner, lost) = (database.clone(), Arc::new(AtomicBool::new(false)));
    // Executes the request and then loses the response, once.
    let lose = Arc::clone(&lost);
    let flaky = database.with_hook(move |operation, body| {
        let loses = operation == "PutItem" && lose.swap(false, Ordering::Relaxed);
        if loses {
            assert_eq!(inner.execute(operation, body.clone()).0, 200);
        }
        let error = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
        Box::pin(async move { loses.then_some((500, error)) })
    });
    let store = flaky.store();
    lost.store(true, Ordering::Relaxed);
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored, "it finds its own row");
    lost.store(true, Ordering::Relaxed);
    let removed = store.remove(&row().id).await.expect("remove");
    assert_eq!(removed, None, "the $disconnect handler runs at most once, here never");
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Ended);
    assert!(!lost.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_an_error() {
    let config = lift_aws::AwsConfig::local("http://127.0.0.1:9", "us-east-1");
    let store = lift_aws::DynamoStore::new(&config, TABLE);
    let error = store.save(&row()).await.expect_err("no server listens");
    assert!(!error.is_invalid());
    let cause = error.source().expect("a cause").to_string();
    assert!(cause.contains("dispatch failure"), "{cause}");
}

#[tokio::test]
async fn a_missing_permission_is_denied() {
    let database = EmbeddedDatabase::start().await.with_hook(|operation, _| {
        let denied = operation == "PutItem";
        let error = json!({"__type": "com.amazon.coral.service#AccessDeniedException",
            "message": "User: arn:aws:iam::123456789012:user/ana is not authorized"});
        Box::pin(async move { denied.then_some((400, error)) })
    });
    let error = database.store().save(&row()).await.expect_err("is denied");
    assert!(error.is_denied() && !error.is_throttled() && !error.is_invalid(), "{error:?}");
    assert!(error.source().expect("a cause").to_string().contains("is not authorized"));
}

fn items_key(sort: &str) -> AttributeValue {
    AttributeValue::S(sort.to_owned())
}

/// All items of the table except META.
async fn items(
    database: &EmbeddedDatabase,
) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let found = database.client().scan().table_name(TABLE).send().await.expect("a scan").items;
    let meta = AttributeValue::S("META".to_owned());
    found.expect("items").into_iter().filter(|item| item["pk"] != meta).collect()
}

//! The store passes the contract, and stores what it should and no more.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_sdk_dynamodb::types::AttributeValue;
use lift_aws::table::CreateOptions;
use lift_ws::store::{Item, Saved, Store, contract};
use serde_json::json;

use crate::{
    database::Database,
    engine::{Engine, TABLE},
    rows::row,
};

/// Over HTTP, as it is on AWS.
#[tokio::test]
async fn passes_the_contract() {
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new()).await.expect("a table");
    contract::all(&database.store(TABLE)).await;
}

#[tokio::test]
async fn passes_the_contract_on_pages_of_any_length_and_any_number_of_shards() {
    contract::all(&Engine::start().await.store().with_page(7)).await;
    contract::all(&Engine::start().await.store().with_page(1).with_shards(1)).await;
    contract::all(&Engine::start().await.store().with_shards(16)).await;
}

#[tokio::test]
async fn a_tombstone_holds_nothing_of_the_user() {
    let engine = Engine::start().await;
    let store = engine.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    store.remove(&row().id).await.expect("remove").expect("a row");
    let items = items(&engine).await;
    let mut names: Vec<&str> = items[0].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!((items.len(), names), (1, vec!["gone", "pk", "sk", "ttl"]));
}

#[tokio::test]
async fn a_live_row_reads_as_documented() {
    let engine = Engine::start().await;
    assert_eq!(engine.store().save(&row()).await.expect("save"), Saved::Stored);
    let items = items(&engine).await;
    let item = &items[0];
    let string = |name: &str| item[name].as_s().expect("a string").as_str();
    assert_eq!(string("pk"), "CONNECTION#R1kmxc2VNjMCFIA=");
    assert_eq!(string("sk"), "CONNECTION");
    assert_eq!((string("u"), string("t")), ("ana", "a#b"));
    assert_eq!((string("gsi1pk"), string("gsi1sk")), ("USER#a%23b#ana", "22989944"));
    assert_eq!((string("gsi2pk"), string("gsi2sk")), ("TENANT#a%23b#1", "22989944"));
    assert_eq!((string("env"), string("e")), ("kjl2oh", row().endpoint.as_str()));
    let expiry = AttributeValue::N((row().connected_at / 1000 + 7_500).to_string());
    assert_eq!(item["ttl"], expiry, "2 h 05 min after it opened");
    assert_eq!(item["ca"], AttributeValue::N(row().connected_at.to_string()));
    assert_eq!(item.len(), 12, "{item:?}");
}

#[tokio::test]
async fn an_item_reads_as_documented_and_expires_with_its_connection() {
    let engine = Engine::start().await;
    let store = engine.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let app = Item { value: Some(json!({"seat": 4})), ..Item::in_group("tea#1") };
    assert_eq!(store.put_item(&row(), &app).await.expect("put"), Saved::Stored);
    let items = items(&engine).await;
    let item = items.iter().find(|item| item["sk"] != items_key("CONNECTION")).expect("an item");
    let string = |name: &str| item[name].as_s().expect("a string").as_str();
    assert_eq!((string("pk"), string("sk")), ("CONNECTION#R1kmxc2VNjMCFIA=", "ITEM#tea#1"));
    assert_eq!((string("gsi2pk"), string("gsi2sk")), ("GROUP#a%23b#tea%231#1", "22989944"));
    assert_eq!((string("u"), string("env"), string("a")), ("ana", "kjl2oh", r#"{"seat":4}"#));
    assert_eq!(item["ttl"], AttributeValue::N(row().expires_at().to_string()));
    let live = items.iter().find(|item| item["sk"] == items_key("CONNECTION")).expect("a row");
    assert!(live.contains_key("i"), "the row knows that there are items: {live:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_asked_for_again_without_harm() {
    let engine = Engine::start().await;
    let (inner, lost) = (engine.clone(), Arc::new(AtomicBool::new(false)));
    // Does what it is asked, and then loses the answer once for each operation.
    let lose = Arc::clone(&lost);
    let flaky = engine.before(move |operation, body| {
        let loses = operation == "PutItem" && lose.swap(false, Ordering::Relaxed);
        if loses {
            assert_eq!(inner.ask(operation, body.clone()).0, 200);
        }
        let error = json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"});
        Box::pin(async move { loses.then_some((500, error)) })
    });
    let store = flaky.store();
    lost.store(true, Ordering::Relaxed);
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored, "it finds its own row");
    lost.store(true, Ordering::Relaxed);
    let removed = store.remove(&row().id).await.expect("remove");
    assert_eq!(removed, None, "a handler runs at most once, so here it does not");
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Ended);
    assert!(!lost.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_fails_and_says_so() {
    let config = lift_aws::AwsConfig::local("http://127.0.0.1:9", "us-east-1");
    let store = lift_aws::DynamoStore::new(&config, TABLE);
    let error = store.save(&row()).await.expect_err("nobody listens there");
    assert!(!error.is_invalid());
    let cause = error.source().expect("a cause").to_string();
    assert!(cause.contains("dispatch failure"), "{cause}");
}

fn items_key(sort: &str) -> AttributeValue {
    AttributeValue::S(sort.to_owned())
}

/// All of the table but META.
async fn items(engine: &Engine) -> Vec<std::collections::HashMap<String, AttributeValue>> {
    let found = engine.client().scan().table_name(TABLE).send().await.expect("a scan").items;
    let meta = AttributeValue::S("META".to_owned());
    found.expect("items").into_iter().filter(|item| item["pk"] != meta).collect()
}

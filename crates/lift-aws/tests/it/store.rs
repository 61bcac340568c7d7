//! The store passes the contract, and stores what it should and no more.

use std::error::Error;

use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::store::{Item, Members, Part, Read, Row, Saved, Store, contract};
use serde_json::{Value, json};

use crate::{
    database::Database,
    engine::{Engine, TABLE},
    rows::row,
};

/// Over HTTP, as it is on AWS.
#[tokio::test]
async fn passes_the_contract() {
    let database = Database::start().await;
    database.table(TABLE).create_if_missing().await.expect("a table");
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

#[tokio::test]
async fn members_of_several_endpoints_are_listed_with_their_own() {
    let engine = Engine::start().await;
    let (here, there) = (engine.store(), engine.store());
    let second = Row { id: "R1kmxSECOND=".into(), endpoint: "https://other/dev".into(), ..row() };
    assert_eq!(here.save(&row()).await.expect("save"), Saved::Stored);
    let of = Members::Tenant("a#b".into());
    let endpoints = async || {
        let mut all = Vec::new();
        for part in here.parts(&of, 1).await.expect("parts") {
            let page = here.page(&of, part, None).await.expect("a page");
            all.extend(page.members.into_iter().map(|member| member.endpoint));
        }
        all.sort();
        all
    };
    assert_eq!(endpoints().await, [row().endpoint]);
    // Another process adds an endpoint, which this one has not read yet.
    assert_eq!(there.save(&second).await.expect("save"), Saved::Stored);
    let mut both = [row().endpoint, second.endpoint.clone()];
    both.sort();
    assert_eq!(endpoints().await, both);
}

#[tokio::test]
async fn an_endpoint_that_is_nowhere_named_fails_the_page() {
    let engine = Engine::start().await;
    let store = engine.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    engine.take();
    let key = json!({"pk": {"S": "META"}, "sk": {"S": "META"}});
    let (status, _) = engine.ask(
        "UpdateItem",
        json!({"TableName": TABLE, "Key": key, "UpdateExpression": "REMOVE #env",
               "ExpressionAttributeNames": {"#env": "env#kjl2oh"}}),
    );
    assert_eq!(status, 200);
    let (stranger, of) = (engine.store(), Members::Tenant("a#b".into()));
    let part = Part { shard: 1, from: 0, to: u32::MAX };
    for _ in 0..3 {
        let error = stranger.page(&of, part, None).await.expect_err("is not silent");
        let cause = error.source().expect("a cause").to_string();
        assert!(cause.contains("kjl2oh"), "{cause}");
    }
    let reads = engine.take().iter().filter(|call| call.operation == "GetItem").count();
    assert_eq!(reads, 2, "META is read once for a start, and once for the endpoint");
}

#[tokio::test]
async fn two_endpoints_of_one_short_id_are_an_error() {
    let engine = Engine::start().await;
    let store = engine.store();
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    let key = json!({"pk": {"S": "META"}, "sk": {"S": "META"}});
    let forged = json!({"TableName": TABLE, "Key": key, "UpdateExpression": "SET #env = :env",
        "ExpressionAttributeNames": {"#env": "env#kjl2oh"},
        "ExpressionAttributeValues": {":env": {"S": "https://other/dev"}}});
    assert_eq!(engine.ask("UpdateItem", forged).0, 200);
    let error = engine.store().save(&row()).await.expect_err("is not mixed up");
    assert!(error.source().expect("a cause").to_string().contains("same short id"));
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_fails_and_says_so() {
    let config = lift_aws::local_config("http://127.0.0.1:9", "us-east-1");
    let store = lift_aws::DynamoStore::new(&config, TABLE);
    let error = store.save(&row()).await.expect_err("nobody listens there");
    assert!(!error.is_invalid());
    let cause = error.source().expect("a cause").to_string();
    assert!(cause.contains("dispatch failure"), "{cause}");
}

#[tokio::test]
async fn a_table_that_is_missing_or_of_another_layout_is_refused() {
    let empty = Engine::empty();
    let cause = async |engine: &Engine| {
        let saved = engine.store().save(&row()).await.map(|_| ());
        saved.expect_err("refused").source().expect("a cause").to_string()
    };
    let missing = cause(&empty).await;
    assert!(missing.contains("lift table create"), "{missing}");
    // Without indexes, and with a connection of the Go version's.
    let mut table = json!({"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                 {"AttributeName": "sk", "AttributeType": "S"}]});
    assert_eq!(empty.ask("CreateTable", table.clone()).0, 200);
    let (of, part) = (Members::Tenant("a#b".into()), Part::whole(0));
    let listed = empty.store().page(&of, part, None).await.expect_err("there is no index");
    let listed = listed.source().expect("a cause").to_string();
    assert!(listed.contains("lift table check") && listed.contains("migrat"), "{listed}");
    let ancestor = json!({"pk": {"S": "CONNECTION#abc="}, "sk": {"S": "CONNECTION"},
        "gsi1pk": {"S": "USER#ana"}, "gsi1sk": {"S": "CONNECTION#abc="}, "ttl": {"N": "1"},
        "gsi2pk": {"S": "TENANT#a"}, "gsi2sk": {"S": "CONNECTION#abc="}});
    let old = Engine::empty();
    table["TableName"] = TABLE.into();
    assert_eq!(old.ask("CreateTable", table).0, 200);
    assert_eq!(old.ask("PutItem", json!({"TableName": TABLE, "Item": ancestor})).0, 200);
    let refused = cause(&old).await;
    assert!(refused.contains("lift table check") && refused.contains("migrat"), "{refused}");
    let read = old.store().get(&"abc=".into(), Read::Eventual).await.expect_err("is not Lift's");
    assert!(read.source().expect("a cause").to_string().contains("migrat"));
}

#[tokio::test]
async fn throttles_are_typed_and_meta_outlives_an_outage() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    };
    let (down, now) =
        (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(row().connected_at)));
    let engine = Engine::start().await;
    let faulty = engine.before({
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
    let store = faulty.store().with_clock(move || clock.load(Ordering::Relaxed));
    let error = store.save(&row()).await.expect_err("nothing is known");
    assert!(error.is_throttled());
    down.store(false, Ordering::Relaxed);
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    down.store(true, Ordering::Relaxed);
    let of = Members::Tenant("a#b".into());
    for seconds in [30, 100, 145] {
        now.store(row().connected_at + seconds * 1000, Ordering::Relaxed);
        assert_eq!(store.parts(&of, 1).await.expect("an old one").len(), 4, "after {seconds} s");
    }
    now.fetch_add(10_000, Ordering::Relaxed);
    let error = store.parts(&of, 1).await.expect_err("too old: writers may use more shards");
    assert!(error.is_throttled());
}

/// What DynamoDB answers when a partition takes no more.
pub(crate) fn throttle(reason: &str) -> Value {
    let resource = "arn:aws:dynamodb:us-east-1:000000000000:table/chat-connections/index/gsi2";
    json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
           "message": "Throughput exceeds the current capacity",
           "throttlingReasons": [{"reason": reason, "resource": resource}]})
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

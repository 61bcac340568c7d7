//! The requests that the store sends, and the units that DynamoDB bills for them
//! (`ConsumedCapacity`).

use std::sync::Arc;

use lift_ws::{
    Accept, App, Publisher, UserId,
    event::Timestamp,
    extract::Authorizer,
    store::{Consistency, Item, ListKey, Part, Row, Saved, SignedIn, Store},
    test::Kit,
};
use serde_json::json;

use crate::{
    embedded_dynamodb::{Call, EmbeddedDatabase},
    row_fixture::{now_millis, row},
};

/// Returns a store that has already read META.
pub(crate) async fn warm() -> (EmbeddedDatabase, lift_aws::DynamoStore) {
    let database = EmbeddedDatabase::start().await;
    let store = database.store();
    let other = Row { id: "R1kmxWARM=".into(), ..row() };
    assert_eq!(store.save(&other).await.expect("save"), Saved::Stored);
    database.take_calls();
    (database, store)
}

/// The operation of each request, and its units in the table and in both indexes.
pub(crate) fn billed(calls: &[Call]) -> Vec<(&str, [f64; 3])> {
    let one = |call: &'_ Call| {
        let capacity = match &call.response["ConsumedCapacity"] {
            serde_json::Value::Array(tables) => tables[0].clone(),
            capacity => capacity.clone(),
        };
        // An error has no units. One unit is documented for a condition that is not met (developer
        // guide, "Conditional writes").
        if call.response["__type"].as_str().is_some_and(|kind| kind.contains("ConditionalCheck")) {
            return [1.0, 0.0, 0.0];
        }
        let units = |of: &serde_json::Value| of["CapacityUnits"].as_f64().unwrap_or_default();
        let indexes = &capacity["GlobalSecondaryIndexes"];
        [units(&capacity["Table"]), units(&indexes["gsi1"]), units(&indexes["gsi2"])]
    };
    calls.iter().map(|call| (call.operation.as_str(), one(call))).collect()
}

#[tokio::test]
async fn a_connection_costs_two_requests_of_three_units() {
    let (database, store) = warm().await;
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    assert_eq!(billed(&database.take_calls()), [("PutItem", [1.0, 1.0, 1.0])]);
    store.remove(&row().id).await.expect("remove").expect("a row");
    assert_eq!(billed(&database.take_calls()), [("PutItem", [1.0, 1.0, 1.0])]);
    assert_eq!(store.remove(&row().id).await.expect("remove"), None);
    assert_eq!(
        billed(&database.take_calls()),
        [("PutItem", [1.0, 0.0, 0.0])],
        "a repeated disconnect"
    );
}

#[tokio::test]
async fn an_index_costs_only_for_connections_that_it_lists() {
    let (database, store) = warm().await;
    let anonymous = Row { user: None, tenant: None, ..row() };
    for (row, units) in [
        (Row { user: None, ..row() }, [1.0, 0.0, 1.0]),
        (Row { tenant: None, ..row() }, [1.0, 1.0, 0.0]),
        (anonymous, [1.0, 0.0, 0.0]),
    ] {
        let row = Row { id: format!("R1kmx{units:?}=").into(), ..row };
        assert_eq!(store.save(&row).await.expect("save"), Saved::Stored);
        store.remove(&row.id).await.expect("remove").expect("a row");
        assert_eq!(billed(&database.take_calls()), [("PutItem", units), ("PutItem", units)]);
    }
}

#[tokio::test]
async fn attributes_cost_one_and_a_sign_in_three() {
    let (database, store) = warm().await;
    let anonymous = Row { user: None, tenant: None, ..row() };
    assert_eq!(store.save(&anonymous).await.expect("save"), Saved::Stored);
    database.take_calls();
    assert!(store.set_attributes(&row().id, json!({"tier": "gold"})).await.expect("set"));
    assert_eq!(billed(&database.take_calls()), [("UpdateItem", [1.0, 0.0, 0.0])]);
    let bound = store.sign_in(&row().id, &"ana".into(), Some(&"a#b".into())).await;
    assert_eq!(bound.expect("sign in"), SignedIn::Done);
    assert_eq!(billed(&database.take_calls()), [("UpdateItem", [1.0, 1.0, 1.0])]);
    assert!(store.set_attributes(&row().id, json!({"tier": "iron"})).await.expect("set"));
    assert_eq!(
        billed(&database.take_calls()),
        [("UpdateItem", [1.0, 0.0, 0.0])],
        "no index has attributes"
    );
}

#[tokio::test]
async fn a_group_costs_two_requests_to_join_and_one_to_leave() {
    let (database, store) = warm().await;
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    database.take_calls();
    for key in ["tea", "coffee"] {
        assert_eq!(store.put_item(&row(), &Item::in_group(key)).await.expect("put"), Saved::Stored);
        let joined = [("PutItem", [1.0, 0.0, 1.0]), ("UpdateItem", [1.0, 0.0, 0.0])];
        assert_eq!(billed(&database.take_calls()), joined);
    }
    store.remove_item(&row().id, "tea").await.expect("remove");
    assert_eq!(billed(&database.take_calls()), [("DeleteItem", [1.0, 0.0, 1.0])]);
    store.remove(&row().id).await.expect("remove").expect("a row");
    let ended = [
        ("PutItem", [1.0, 1.0, 1.0]),
        ("Query", [1.0, 0.0, 0.0]),
        ("BatchWriteItem", [1.0, 0.0, 1.0]),
    ];
    assert_eq!(billed(&database.take_calls()), ended);
}

#[tokio::test]
async fn reads_cost_half_a_unit_and_consistent_ones_one() {
    let (database, store) = warm().await;
    assert_eq!(store.save(&row()).await.expect("save"), Saved::Stored);
    database.take_calls();
    for (read, units) in [(Consistency::Eventual, 0.5), (Consistency::Consistent, 1.0)] {
        assert!(store.get(&row().id, read).await.expect("get").is_some());
        assert_eq!(billed(&database.take_calls()), [("GetItem", [units, 0.0, 0.0])]);
    }
    let of = ListKey::Tenant("a#b".into());
    let parts = store.parts(&of, 1).await.expect("parts");
    assert_eq!(
        (parts.len(), billed(&database.take_calls()).len()),
        (4, 0),
        "parts are computed without a request"
    );
    for part in parts {
        store.page(&of, part, None).await.expect("a page");
        store.count(&of, part).await.expect("a count");
        assert_eq!(billed(&database.take_calls()), [("Query", [0.0, 0.0, 0.5]); 2]);
    }
    let user = ListKey::User { tenant: Some("a#b".into()), user: "ana".into() };
    store.page(&user, Part::whole(0), None).await.expect("a page");
    assert_eq!(billed(&database.take_calls()), [("Query", [0.0, 0.5, 0.0])]);
}

/// An app with one handler that sends, and one that reads the authorizer's context.
fn chat() -> App {
    App::new()
        .connect(async || Accept::user("ana").tenant("a#b"))
        .route("sendmessage", async |_: UserId, publish: Publisher| {
            publish.sender().json(&"hello").await.map(|_| ())
        })
        .route("move", async |Authorizer(who): Authorizer<serde_json::Value>| {
            assert!(who.is_object(), "{who}");
        })
}

#[tokio::test]
async fn a_message_needs_at_most_one_read_for_each_connection_and_process() {
    let (database, store) = warm().await;
    let operations = || -> Vec<String> {
        database.take_calls().into_iter().map(|call| call.operation).collect()
    };
    let kit = Kit::with_store(chat(), Arc::new(store.clone()));
    let ana = kit.connect("").await.expect("accepted");
    assert_eq!(operations(), ["UpdateItem", "PutItem"], "the new endpoint and the row");
    for _ in 0..3 {
        ana.send(r#"{"action":"sendmessage"}"#).await;
    }
    assert_eq!(ana.received().len(), 3);
    assert_eq!(operations(), [""; 0], "the process has the connection in its cache");
    ana.close().await;
    assert_eq!(operations(), ["PutItem"]);

    let message = include_str!("../../../lift-event/fixtures/message-json-body.json");
    let event: serde_json::Value = serde_json::from_str(message).expect("is JSON");
    let id = event["requestContext"]["connectionId"].as_str().expect("an id");
    assert_eq!(store.save(&Row { id: id.into(), ..row() }).await.expect("save"), Saved::Stored);
    database.take_calls();
    let another = Kit::with_store(chat(), Arc::new(database.store()));
    another.push().open(&id.into());
    for _ in 0..3 {
        let reply = another.invoke(message).await.expect("a reply");
        assert_eq!(reply.status(), 200, "{reply:?}");
    }
    assert_eq!(operations(), ["GetItem"], "another process reads it once");
    let message = include_str!("../../../lift-event/fixtures/message-authorizer-context.json");
    for _ in 0..3 {
        let reply = another.invoke(message).await.expect("a reply");
        assert_eq!(reply.status(), 200, "{reply:?}");
    }
    assert_eq!(operations(), [""; 0], "the event has the authorizer's context");
}

#[tokio::test]
async fn meta_is_read_once_a_minute_by_concurrent_tasks() {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    let (database, _) = warm().await;
    let now = Arc::new(AtomicU64::new(now_millis()));
    let clock = Arc::clone(&now);
    let store =
        database.store().with_clock(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
    let metas = || {
        let calls = database.take_calls();
        calls.iter().filter(|call| call.body["Key"]["pk"]["S"] == "META").count()
    };
    let start = now_millis();
    for minute in 0..3_u64 {
        for second in [0, 1, 59] {
            now.store(start + (minute * 60 + second) * 1000, Ordering::Relaxed);
            let rows: Vec<Row> = (0..20)
                .map(|n| Row { id: format!("R1kmx-{minute}-{second}-{n}").into(), ..row() })
                .collect();
            let saved = rows.iter().map(|row| store.save(row));
            for saved in futures_util::future::join_all(saved).await {
                assert_eq!(saved.expect("save"), Saved::Stored);
            }
            assert_eq!(metas(), usize::from(second == 0), "minute {minute}, second {second}");
        }
    }
}

#[tokio::test]
async fn the_first_request_creates_meta_and_adds_its_endpoint() {
    let database = EmbeddedDatabase::start().await;
    assert_eq!(database.store().save(&row()).await.expect("save"), Saved::Stored);
    let operations = |calls: Vec<Call>| -> Vec<String> {
        calls.into_iter().map(|call| call.operation).collect()
    };
    let first = operations(database.take_calls());
    assert_eq!(first, ["GetItem", "Scan", "UpdateItem", "UpdateItem", "PutItem"]);
    let next = database.store();
    assert_eq!(next.save(&Row { id: "next=".into(), ..row() }).await.expect("save"), Saved::Stored);
    assert_eq!(operations(database.take_calls()), ["GetItem", "PutItem"]);
}

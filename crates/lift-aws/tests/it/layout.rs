//! A missing table and a table of another layout are refused with an error that names the fix.

use std::error::Error;

use lift_ws::store::{Members, Part, Read, Saved, Store};
use serde_json::json;

use crate::{
    engine::{Engine, TABLE},
    rows::row,
};

#[tokio::test]
async fn a_table_that_is_missing_or_of_another_layout_is_refused() {
    let empty = Engine::empty();
    let cause = async |engine: &Engine| {
        let saved = engine.store().save(&row()).await.map(|_| ());
        saved.expect_err("refused").source().expect("a cause").to_string()
    };
    let missing = cause(&empty).await;
    assert!(missing.contains("lift table create"), "{missing}");
    // Without indexes, and with a connection of the Go version.
    let table = json!({"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
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
    assert_eq!(old.ask("CreateTable", table).0, 200);
    assert_eq!(old.ask("PutItem", json!({"TableName": TABLE, "Item": ancestor})).0, 200);
    let refused = cause(&old).await;
    assert!(refused.contains("lift table check") && refused.contains("migrat"), "{refused}");
    let read = old.store().get(&"abc=".into(), Read::Eventual).await.expect_err("is not Lift's");
    assert!(read.source().expect("a cause").to_string().contains("migrat"));
}

#[tokio::test]
async fn without_the_permission_to_scan_a_new_table_is_used_unchecked() {
    let engine = Engine::start().await.before(|operation, _| {
        let denied = operation == "Scan";
        let error = json!({"__type": "com.amazon.coral.service#AccessDeniedException"});
        Box::pin(async move { denied.then_some((400, error)) })
    });
    assert_eq!(engine.store().save(&row()).await.expect("save"), Saved::Stored);
}

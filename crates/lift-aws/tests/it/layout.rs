//! A missing table and a table of another layout are refused with an error that names the fix.

use std::error::Error;

use lift_ws::store::{Consistency, ListKey, Part, Saved, Store};
use serde_json::json;

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row,
};

#[tokio::test]
async fn a_table_that_is_missing_or_of_another_layout_is_refused() {
    let empty = EmbeddedDatabase::empty();
    let cause = async |database: &EmbeddedDatabase| {
        let saved = database.store().save(&row()).await.map(|_| ());
        saved.expect_err("refused").source().expect("a cause").to_string()
    };
    let missing = cause(&empty).await;
    assert!(missing.contains("lift table create"), "{missing}");
    // A table without indexes, and one with a connection of Lift for Go.
    let table = json!({"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                 {"AttributeName": "sk", "AttributeType": "S"}]});
    assert_eq!(empty.execute("CreateTable", table.clone()).0, 200);
    let (of, part) = (ListKey::Tenant("a#b".into()), Part::whole(0));
    let listed = empty.store().page(&of, part, None).await.expect_err("there is no index");
    let listed = listed.source().expect("a cause").to_string();
    assert!(listed.contains("lift table check") && listed.contains("migrat"), "{listed}");
    let connection_of_go = json!({"pk": {"S": "CONNECTION#abc="}, "sk": {"S": "CONNECTION"},
        "gsi1pk": {"S": "USER#ana"}, "gsi1sk": {"S": "CONNECTION#abc="}, "ttl": {"N": "1"},
        "gsi2pk": {"S": "TENANT#a"}, "gsi2sk": {"S": "CONNECTION#abc="}});
    let old = EmbeddedDatabase::empty();
    assert_eq!(old.execute("CreateTable", table).0, 200);
    assert_eq!(
        old.execute("PutItem", json!({"TableName": TABLE, "Item": connection_of_go})).0,
        200
    );
    let refused = cause(&old).await;
    assert!(refused.contains("lift table check") && refused.contains("migrat"), "{refused}");
    let read =
        old.store().get(&"abc=".into(), Consistency::Eventual).await.expect_err("is not Lift's");
    assert!(read.source().expect("a cause").to_string().contains("migrat"));
}

#[tokio::test]
async fn without_the_permission_to_scan_a_new_table_is_used_unchecked() {
    let database = EmbeddedDatabase::start().await.with_hook(|operation, _| {
        let denied = operation == "Scan";
        let error = json!({"__type": "com.amazon.coral.service#AccessDeniedException"});
        Box::pin(async move { denied.then_some((400, error)) })
    });
    assert_eq!(database.store().save(&row()).await.expect("save"), Saved::Stored);
}

//! The table is made ready, whatever an earlier run left behind.

use dynoxide::Database;
use lift_aws::{AwsConfig, Table};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::prepare;

const NAME: &str = "t-connections";

/// Prepares the table in a database that holds one by this definition already.
async fn prepared(definition: Option<Value>) -> (anyhow::Result<()>, Table) {
    let database = Database::memory().expect("a database in memory");
    if let Some(definition) = definition {
        let request = serde_json::from_value(definition).expect("a definition");
        database.create_table(request).expect("created");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let forever = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, forever));
    let config = AwsConfig::local(&format!("http://{address}"), "us-east-1");
    (prepare(address, "us-east-1", NAME).await, Table::new(&config, NAME))
}

/// A table with this partition key, and the indexes of Lift before they projected `env`.
fn earlier(partition: &str) -> Value {
    let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]);
    let index = |n: u8, projected: Value| {
        json!({"IndexName": format!("gsi{n}"), "KeySchema": keys(&format!("gsi{n}pk"), &format!("gsi{n}sk")),
               "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": projected}})
    };
    let names = [partition, "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"];
    json!({
        "TableName": NAME,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys(partition, "sk"),
        "AttributeDefinitions":
            names.map(|name| json!({"AttributeName": name, "AttributeType": "S"})),
        "GlobalSecondaryIndexes": [index(1, json!(["ttl"])), index(2, json!(["ttl", "u"]))],
    })
}

#[tokio::test]
async fn a_missing_table_is_created_without_a_stream() {
    let (prepared, table) = prepared(None).await;
    prepared.expect("prepared");
    assert_eq!(table.describe().await.expect("described").stream, None);
    assert!(table.check().await.expect("checked").fits());
}

#[tokio::test]
async fn a_table_of_another_version_is_made_anew() {
    let (prepared, table) = prepared(Some(earlier("pk"))).await;
    prepared.expect("prepared");
    let check = table.check().await.expect("checked");
    assert!(check.fits(), "{check}");
}

#[tokio::test]
async fn a_table_of_the_users_is_left_alone() {
    let mut without_index = earlier("pk");
    without_index["GlobalSecondaryIndexes"].as_array_mut().expect("indexes").pop();
    let attributes = without_index["AttributeDefinitions"].as_array_mut().expect("attributes");
    attributes.truncate(4);
    for (theirs, expected) in [(earlier("id"), "its key is id"), (without_index, "gsi2 is missing")]
    {
        let (prepared, table) = prepared(Some(theirs)).await;
        let error = format!("{:#}", prepared.expect_err("it is not ours"));
        let start = "cannot keep connections in the table t-connections of the data folder: ";
        assert!(error.starts_with(start) && error.contains(expected), "{error}");
        let live = table.describe().await.expect("it is there");
        assert_eq!(live.expiry.status, "DISABLED", "it was not changed");
    }
}

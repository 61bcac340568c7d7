//! The store passes the contract, and stores what it should and no more.

use aws_sdk_dynamodb::types::AttributeValue;
use lift_aws::table::CreateOptions;
use lift_ws::{
    TenantId,
    store::{Row, Saved, Store, contract},
};

use crate::database::Database;

const TABLE: &str = "chat-connections";

#[tokio::test]
async fn passes_the_contract() {
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new()).await.expect("a table");
    contract::all(&database.store(TABLE)).await;
    contract::all(&database.store(TABLE).with_page(7)).await;
    contract::all(&database.store(TABLE).with_page(1)).await;
}

#[tokio::test]
async fn a_tombstone_holds_nothing_of_the_user() {
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new()).await.expect("a table");
    let store = database.store(TABLE);
    let row = row();
    assert_eq!(store.save(&row).await.expect("save"), Saved::Stored);
    store.remove(&row.id).await.expect("remove").expect("a row");
    let items = database.client().scan().table_name(TABLE).send().await.expect("a scan").items;
    let items = items.expect("items");
    let mut names: Vec<&str> = items[0].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!((items.len(), names), (1, vec!["gone", "pk", "sk", "ttl"]));
}

#[tokio::test]
async fn a_live_row_reads_as_documented() {
    let database = Database::start().await;
    database.table(TABLE).create(&CreateOptions::new()).await.expect("a table");
    assert_eq!(database.store(TABLE).save(&row()).await.expect("save"), Saved::Stored);
    let items = database.client().scan().table_name(TABLE).send().await.expect("a scan").items;
    let item = &items.expect("items")[0];
    let string = |name: &str| item[name].as_s().expect("a string").as_str();
    assert_eq!(string("pk"), "CONNECTION#R1kmxc2VNjMCFIA=");
    assert_eq!(string("sk"), "CONNECTION");
    assert_eq!(string("gsi1pk"), "USER#a%23b#ana");
    assert!(string("gsi2pk").starts_with("TENANT#a%23b#"), "{}", string("gsi2pk"));
    assert_eq!(string("gsi1sk"), string("gsi2sk"));
    assert_eq!(string("gsi1sk").len(), 8);
    let expiry = AttributeValue::N((1_795_252_524 + 7_500).to_string());
    assert_eq!(item["ttl"], expiry, "2 h 05 min after it opened");
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_fails_and_says_so() {
    let config = lift_aws::local_config("http://127.0.0.1:9", "us-east-1");
    let store = lift_aws::DynamoStore::new(&config, TABLE);
    let error = store.save(&row()).await.expect_err("nobody listens there");
    assert!(!error.is_invalid());
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("dispatch failure"), "{cause}");
}

fn row() -> Row {
    Row {
        id: "R1kmxc2VNjMCFIA=".into(),
        user: Some("ana".into()),
        tenant: Some(TenantId::from("a#b")),
        endpoint: "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into(),
        connected_at: 1_795_252_524_410,
        attributes: None,
    }
}

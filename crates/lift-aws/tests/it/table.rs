//! The table is made once, with expiry, and freed of ghosts.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::{ProjectionType, TimeToLiveStatus};
use lift_ws::store::{Read, Row, Saved, Store};

use crate::database::Database;

#[tokio::test]
async fn is_created_once() {
    let database = Database::start().await;
    let table = database.table("t-connections");
    assert!(table.create_if_missing().await.expect("created"));
    assert!(!table.create_if_missing().await.expect("found"));
    let client = database.client();
    let described = client.describe_table().table_name("t-connections").send().await;
    let described = described.expect("described").table.expect("a table");
    let mut indexes: Vec<_> = described
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let projection = index.projection().expect("a projection");
            assert_eq!(projection.projection_type(), Some(&ProjectionType::Include));
            (index.index_name().expect("a name"), projection.non_key_attributes().to_vec())
        })
        .collect();
    indexes.sort();
    let projected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        indexes,
        [("gsi1", projected(&["ttl", "env"])), ("gsi2", projected(&["ttl", "u", "env"]))]
    );
    let expiry = client.describe_time_to_live().table_name("t-connections").send().await;
    let expiry = expiry.expect("described").time_to_live_description.expect("a description");
    assert_eq!(expiry.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
    assert_eq!(expiry.attribute_name(), Some("ttl"));
}

#[tokio::test]
async fn forgets_the_connections_of_a_run_that_was_killed() {
    let database = Database::start().await;
    let table = database.table("t-connections");
    table.create_if_missing().await.expect("created");
    let store = database.store("t-connections");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64;
    let rows: Vec<Row> = (0..30)
        .map(|n| Row {
            id: format!("R1kmxc2VNj{n:02}FIA=").into(),
            user: Some("ana".into()),
            tenant: Some("general".into()),
            endpoint: "http://127.0.0.1:3001/local".into(),
            connected_at: now,
            attributes: None,
        })
        .collect();
    for row in &rows {
        assert_eq!(store.save(row).await.expect("save"), Saved::Stored);
    }
    store.remove(&rows[0].id).await.expect("remove");
    assert_eq!(table.forget_connections().await.expect("forgets"), 29);
    assert_eq!(table.forget_connections().await.expect("forgets"), 0);
    for row in &rows {
        assert_eq!(store.get(&row.id, Read::Consistent).await.expect("get"), None);
    }
}

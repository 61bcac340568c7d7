//! The table: it is created once, described, deleted, and prepared with rows of an earlier run.

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use lift_aws::{
    AwsConfig, Table,
    table::{Billing, CreateOptions, CreateStep, Projection, TableNote},
};
use lift_ws::{
    event::Timestamp,
    store::{Consistency, Row, Saved, Store},
};

use crate::database::Database;

const NAME: &str = "t-connections";

#[tokio::test]
async fn a_table_is_created_once() {
    let database = Database::start().await;
    let table = database.table(NAME);
    let mut steps = Vec::new();
    let options = CreateOptions::new();
    let created = table.create_with_progress(&options, |step| steps.push(step)).await;
    let created = created.expect("created");
    assert!(created.new);
    assert_eq!(created.notes, []);
    assert_eq!(steps, [CreateStep::Create, CreateStep::Wait, CreateStep::Expire]);
    let mut steps = Vec::new();
    let found = table.create_with_progress(&options, |step| steps.push(step)).await;
    assert!(!found.expect("found").new);
    assert_eq!(steps, []);
    let check = table.check_with_streams().await.expect("checked");
    assert_eq!((check.differences, check.notes), (vec![], vec![]));
}

#[tokio::test]
async fn the_description_of_a_table_is_as_documented() {
    let database = Database::start().await;
    let table = database.table(NAME);
    table.create(&CreateOptions::new()).await.expect("created");
    let live = table.describe().await.expect("described");
    let only = |names: &[&str]| Projection::Only(names.iter().map(|&n| n.to_owned()).collect());
    let indexes: Vec<_> = live.indexes.iter().map(|i| (&*i.name, i.projected.clone())).collect();
    assert_eq!(indexes, [("gsi1", only(&["env", "ttl"])), ("gsi2", only(&["env", "ttl", "u"]))]);
    let text = live.to_string();
    for line in [
        "Table                t-connections",
        "Status               ACTIVE",
        "Items                0 (DynamoDB counts about every 6 hours)",
        "Billing              pay per request",
        "Keys                 pk (HASH, S), sk (RANGE, S)",
        "Index gsi1           gsi1pk (HASH, S), gsi1sk (RANGE, S); projects env, ttl; ACTIVE",
        "Expiry               ENABLED, attribute ttl",
        "Stream               NEW_AND_OLD_IMAGES",
        "Deletion protection  off",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line:?} in\n{text}");
    }
    let json = serde_json::to_value(&live).expect("JSON");
    assert_eq!(json["billing"]["mode"], "pay_per_request");
    assert_eq!(json["keys"][0]["role"], "HASH");
    assert_eq!(json["indexes"][0]["projected"]["only"][1], "ttl");
    assert_eq!(json["expiry"]["attribute"], "ttl");
}

#[tokio::test]
async fn several_processes_can_create_a_table_at_the_same_time() {
    let database = Database::start().await;
    let create = || async {
        let created = database.table(NAME).create(&CreateOptions::new()).await;
        created.expect("it exists").new
    };
    let created = tokio::join!(create(), create(), create(), create());
    let created = [created.0, created.1, created.2, created.3];
    assert_eq!(created.iter().filter(|new| **new).count(), 1, "{created:?}");
    assert!(database.table(NAME).check().await.expect("checked").fits());
}

#[tokio::test]
async fn a_table_is_created_with_its_options() {
    let database = Database::start().await;
    let table = database.table(NAME);
    let options = CreateOptions::new()
        .without_streams()
        .with_deletion_protection()
        .with_max_reads(400)
        .with_max_writes(200)
        .with_tag("team", "chat");
    assert_eq!(table.create(&options).await.expect("created").notes, []);
    let live = table.describe().await.expect("described");
    let limited = Billing::PayPerRequest { max_reads: Some(400), max_writes: Some(200) };
    assert_eq!(live.billing, limited);
    assert_eq!((live.stream, live.deletion_protection), (None, true));
    let arn = live.arn.expect("an ARN");
    let tags = database.client().list_tags_of_resource().resource_arn(arn).send().await;
    let tags = tags.expect("tags").tags.unwrap_or_default();
    assert_eq!((tags[0].key(), tags[0].value()), ("team", "chat"));
}

#[tokio::test]
async fn notes_name_the_options_that_an_existing_table_lacks() {
    let database = Database::start().await;
    let table = database.table(NAME);
    table.create(&CreateOptions::new().without_streams()).await.expect("created");
    let options = CreateOptions::new().with_deletion_protection().with_max_writes(200);
    let found = table.create(&options).await.expect("found");
    let needed = "NEW_AND_OLD_IMAGES".to_owned();
    let stream = TableNote::Stream { view: None, needed };
    let missing = [stream, TableNote::Unprotected, TableNote::Limits];
    assert_eq!(found.notes, missing);
}

#[tokio::test]
async fn create_turns_on_the_expiry_of_a_table_that_fits_otherwise() {
    let database = Database::start().await;
    let table = database.table(NAME);
    table.create(&CreateOptions::new()).await.expect("created");
    expiry(&database, "ttl", false).await;
    let check = table.check().await.expect("checked");
    assert!(check.to_string().contains("items do not expire"), "{check}");
    assert!(!table.create(&CreateOptions::new()).await.expect("repaired").new);
    assert!(table.check().await.expect("checked").fits());
    expiry(&database, "ttl", false).await;
    expiry(&database, "x", true).await;
    let error = table.create(&CreateOptions::new()).await.expect_err("another attribute");
    assert!(error.to_string().contains("items expire by the attribute x, not ttl"), "{error}");
}

#[tokio::test]
async fn a_table_is_deleted_unless_it_is_protected() {
    let database = Database::start().await;
    let table = database.table(NAME);
    let missing = table.delete().await.expect_err("no table");
    assert!(missing.is_no_table());
    let missing = missing.to_string();
    assert!(missing.contains("there is no table t-connections at http://127.0.0.1:"), "{missing}");
    table.create(&CreateOptions::new().with_deletion_protection()).await.expect("created");
    let protected = table.delete().await.expect_err("protected").to_string();
    assert!(protected.contains("--no-deletion-protection-enabled"), "{protected}");
    let update = database.client().update_table().table_name(NAME);
    update.deletion_protection_enabled(false).send().await.expect("unprotected");
    table.delete().await.expect("deleted");
    assert!(table.describe().await.is_err());
    assert!(table.create(&CreateOptions::new()).await.expect("created").new);
}

#[tokio::test]
async fn an_error_is_one_line_that_names_the_fix() {
    let unreachable = Table::new(&AwsConfig::local("http://127.0.0.1:9", "us-east-1"), NAME);
    let error = unreachable.check().await.expect_err("nothing listens");
    assert!(error.is_unreachable());
    assert_eq!(format!("{error:?}"), "cannot connect to http://127.0.0.1:9: is it running?");
    let database = Database::start().await;
    let error = format!("{:?}", database.table(NAME).check().await.expect_err("no table"));
    let create = "`lift table create --table t-connections --endpoint-url http://127.0.0.1:";
    assert!(error.contains(create), "{error}");
    let error = format!("{:?}", database.table("a b").check().await.expect_err("no name"));
    assert!(error.contains("DescribeTable failed for the table a b"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

/// Turns time to live on or off.
async fn expiry(database: &Database, attribute: &str, enabled: bool) {
    let specification =
        TimeToLiveSpecification::builder().attribute_name(attribute).enabled(enabled);
    let update = database.client().update_time_to_live().table_name(NAME);
    let update = update.time_to_live_specification(specification.build().expect("a specification"));
    update.send().await.expect("updated");
}

#[tokio::test]
async fn forget_connections_puts_tombstones_over_all_rows() {
    let database = Database::start().await;
    let table = database.table("t-connections");
    table.create(&CreateOptions::new()).await.expect("created");
    let store = database.store("t-connections");
    let now = Timestamp::now();
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
        assert_eq!(store.get(&row.id, Consistency::Consistent).await.expect("get"), None);
    }
}

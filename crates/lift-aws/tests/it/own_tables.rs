//! Tables that an app declares: created as declared, compared, and updated where DynamoDB can.

use lift_aws::{
    AwsConfig, Table,
    table::{CreateOptions, CreateStep, Projection},
};
use lift_ws::{
    App,
    table::{IndexSpec, Key, StreamView, TableSpec},
};

use crate::database::Database;

const NAME: &str = "auction-prices";

/// The table with one key, and nothing else.
fn plain() -> TableSpec {
    TableSpec::new("PRICES_TABLE", Key::string("item"))
}

/// The table with all that can be declared. `item` is a key, so that indexes have it anyway.
fn full() -> TableSpec {
    let by_bidder = IndexSpec::new("by_bidder", Key::string("bidder")).sort_key(Key::number("at"));
    plain()
        .sort_key(Key::number("at"))
        .index(by_bidder.project(&["price", "item"]))
        .index(IndexSpec::new("by_hash", Key::binary("hash")).project(&[]))
        .time_to_live("expires")
        .stream(StreamView::NewImage)
}

fn table(database: &Database, spec: TableSpec) -> Table {
    let tables = App::new().table(spec).describe().tables;
    let layout = tables[1].layout.as_ref().expect("a layout");
    Table::with_layout(&AwsConfig::local(&database.url, "us-east-1"), NAME, layout)
}

#[tokio::test]
async fn a_declared_table_is_created_once_as_declared() {
    let database = Database::start().await;
    let table = table(&database, full());
    assert!(table.create(&CreateOptions::new()).await.expect("created").new);
    let live = table.describe().await.expect("described").to_string();
    for line in [
        "Billing              pay per request",
        "Keys                 item (HASH, S), at (RANGE, N)",
        "Index by_bidder      bidder (HASH, S), at (RANGE, N); projects price; ACTIVE",
        "Index by_hash        hash (HASH, B); projects keys alone; ACTIVE",
        "Expiry               ENABLED, attribute expires",
        "Stream               NEW_IMAGE",
    ] {
        assert!(live.lines().any(|found| found == line), "no {line:?} in\n{live}");
    }
    let again = table.create(&CreateOptions::new()).await.expect("it exists");
    assert_eq!((again.new, again.added, again.notes), (false, vec![], vec![]));
    let check = table.check().await.expect("checked");
    assert!(check.fits() && check.notes.is_empty(), "{check}");
}

#[tokio::test]
async fn what_dynamodb_can_add_is_added_and_no_item_is_lost() {
    let database = Database::start().await;
    table(&database, plain()).create(&CreateOptions::new()).await.expect("created");
    let item = |name: &str| aws_sdk_dynamodb::types::AttributeValue::S(name.to_owned());
    let put = database.client().put_item().table_name(NAME).item("item", item("vase"));
    put.item("bidder", item("ana")).send().await.expect("stored");

    let index = |name| IndexSpec::new(name, Key::string("bidder"));
    let wanted = plain()
        .index(index("by_bidder"))
        .index(index("by_leader"))
        .time_to_live("expires")
        .stream(StreamView::KeysOnly);
    let wanted = table(&database, wanted);
    let refused = wanted.create(&CreateOptions::new()).await.expect_err("not without being asked");
    let text = refused.to_string();
    assert!(refused.is_other_layout() && text.contains("`lift table create --all`"), "{text}");

    let mut steps = Vec::new();
    let options = CreateOptions::new().with_updates();
    let created = wanted.create_with_progress(&options, |step| steps.push(step)).await;
    let created = created.expect("updated");
    let added = ["the index by_bidder", "the index by_leader", "time to live", "the stream"];
    assert!(!created.new);
    assert_eq!(created.added, added);
    let all = [CreateStep::AddIndex, CreateStep::AddIndex, CreateStep::Expire, CreateStep::Stream];
    assert_eq!(steps, all);
    assert!(wanted.check().await.expect("checked").fits());
    let live = wanted.describe().await.expect("described");
    assert_eq!(live.indexes[0].projected, Projection::All);
    let query = database.client().query().table_name(NAME).index_name("by_bidder");
    let query = query.key_condition_expression("bidder = :b");
    let found = query.expression_attribute_values(":b", item("ana")).send().await.expect("found");
    assert_eq!(found.items()[0]["item"], item("vase"));
}

#[tokio::test]
async fn what_dynamodb_cannot_change_is_an_error_with_the_fix() {
    let by_bidder = || IndexSpec::new("by_bidder", Key::string("bidder"));
    let wrong = [
        (
            TableSpec::new("PRICES_TABLE", Key::string("sku")),
            "its key is item (HASH, S), not sku (HASH, S): create another table",
        ),
        (TableSpec::new("PRICES_TABLE", Key::number("item")), "not item (HASH, N): create another"),
        (
            plain().sort_key(Key::string("at")),
            "item (HASH, S), at (RANGE, S): create another table",
        ),
        (
            plain().index(IndexSpec::new("by_bidder", Key::string("leader"))),
            "the key of by_bidder is bidder (HASH, S), not leader (HASH, S): delete that index",
        ),
        (
            plain().index(by_bidder()),
            "by_bidder does not project every attribute: delete that index",
        ),
        (
            plain().index(by_bidder().project(&["price", "at"])),
            "by_bidder does not project at: delete that index",
        ),
        (
            plain().index(by_bidder().project(&["price"])).time_to_live("ends"),
            "items expire by the attribute expires, not ends: turn time to live off",
        ),
        (
            plain().index(by_bidder().project(&["price"])).stream(StreamView::OldImage),
            "the stream holds NEW_IMAGE, not OLD_IMAGE: turn it off, and on",
        ),
    ];
    let database = Database::start().await;
    let first = plain().index(by_bidder().project(&["price"])).time_to_live("expires");
    let first = table(&database, first.stream(StreamView::NewImage));
    first.create(&CreateOptions::new()).await.expect("created");
    let before = first.describe().await.expect("described");
    for (spec, expected) in wrong {
        let options = CreateOptions::new().with_updates();
        let error = table(&database, spec).create(&options).await.expect_err("it differs");
        let text = error.to_string();
        assert!(error.is_other_layout() && text.contains(expected), "no {expected:?} in {text}");
    }
    assert_eq!(first.describe().await.expect("described"), before, "nothing was changed");
}

#[tokio::test]
async fn more_than_the_app_declares_fits_with_a_note() {
    let database = Database::start().await;
    let by_bidder = IndexSpec::new("by_bidder", Key::string("bidder"));
    let first = plain().index(by_bidder).stream(StreamView::KeysOnly).time_to_live("expires");
    table(&database, first).create(&CreateOptions::new()).await.expect("created");
    let check = table(&database, plain()).check().await.expect("checked");
    let text = check.to_string();
    assert!(
        check.fits() && text.contains("the app does not declare the index by_bidder"),
        "{text}"
    );
    assert_eq!(check.notes.len(), 1, "{text}");
}

#[tokio::test]
async fn a_missing_declared_table_is_an_error_with_the_fix() {
    let database = Database::start().await;
    let error = table(&database, plain()).check().await.expect_err("there is none");
    assert!(
        error.is_no_table() && error.to_string().contains("`lift table create --all"),
        "{error}"
    );
}

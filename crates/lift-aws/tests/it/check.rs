//! The check of a live table names each difference from the layout with its fix.

use aws_sdk_dynamodb::{Client, types::BillingMode};
use lift_aws::table::{CreateOptions, TableCheck};
use serde_json::{Value, json};

use crate::database::Database;

const NAME: &str = "t-connections";

/// The definition of a table with the right layout.
fn right_table() -> Value {
    json!({
        "keys": ["pk:S", "sk:S"],
        "gsi1": {"keys": ["gsi1pk:S", "gsi1sk:S"], "projects": ["ttl", "env"]},
        "gsi2": {"keys": ["gsi2pk:S", "gsi2sk:S"], "projects": ["ttl", "u", "env"]},
        "ttl": "ttl",
        "stream": "NEW_AND_OLD_IMAGES",
    })
}

/// That definition with changes; `null` removes a key.
fn changed(changes: Value) -> Value {
    let mut table = right_table();
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => drop(table.as_object_mut().expect("an object").remove(name)),
            _ => table[name] = value.clone(),
        }
    }
    table
}

#[tokio::test]
async fn a_table_of_the_layout_fits() {
    let check = check(right_table()).await;
    assert_eq!(check.to_string(), "The table t-connections fits.");
    let json = serde_json::to_value(&check).expect("JSON");
    assert_eq!(json, json!({"table": NAME, "fits": true, "differences": [], "notes": []}));
}

#[tokio::test]
async fn each_difference_is_named_with_its_fix() {
    let gsi1 = |keys: Value, projects: Value| json!({"keys": keys, "projects": projects});
    let right_keys = || json!(["gsi1pk:S", "gsi1sk:S"]);
    let bad = [
        (
            json!({"keys": ["id:S"]}),
            "its key is id (HASH, S), not pk (HASH, S), sk (RANGE, S): create another",
        ),
        (json!({"keys": ["pk:S"]}), "its key is pk (HASH, S), not"),
        (json!({"keys": ["pk:S", "sk:N"]}), "its key is pk (HASH, S), sk (RANGE, N), not"),
        (json!({"keys": ["sk:S", "pk:S"]}), "its key is sk (HASH, S), pk (RANGE, S), not"),
        (
            json!({"gsi1": null}),
            "gsi1 is missing: add it with the key gsi1pk (HASH, S), gsi1sk (RANGE, S), projecting ttl, env",
        ),
        (
            json!({"gsi2": null}),
            "gsi2 is missing: add it with the key gsi2pk (HASH, S), gsi2sk (RANGE, S), projecting ttl, u, env",
        ),
        (
            json!({"gsi1": gsi1(json!(["gsi1pk:S", "gsi1sk:N"]), json!(["ttl", "env"]))}),
            "the key of gsi1 is gsi1pk (HASH, S), gsi1sk (RANGE, N), not",
        ),
        (
            json!({"gsi1": gsi1(json!(["gsi1pk:S"]), json!(["ttl", "env"]))}),
            "the key of gsi1 is gsi1pk (HASH, S), not",
        ),
        (json!({"gsi1": gsi1(right_keys(), json!([]))}), "gsi1 does not project ttl, env"),
        (
            json!({"gsi1": gsi1(right_keys(), json!(["ttl"]))}),
            "gsi1 does not project env: delete that index and add it again",
        ),
        (
            json!({"gsi2": {"keys": ["gsi2pk:S", "gsi2sk:S"], "projects": ["ttl", "env"]}}),
            "gsi2 does not project u:",
        ),
        (json!({"ttl": null}), "items do not expire: `lift table create`"),
        (
            json!({"ttl": "x"}),
            "items expire by the attribute x, not ttl: turn time to live off for x",
        ),
        (json!({"lsi": "by-time:S"}), "the local secondary index by-time limits"),
    ];
    for (changes, expected) in bad {
        let found = check(changed(changes.clone())).await;
        let text = found.to_string();
        assert!(text.starts_with("The table t-connections does not fit:\n  - "), "{text}");
        assert!(text.contains(expected), "{changes}: no {expected:?} in {text}");
        assert_eq!(found.differences.len(), 1, "{changes}: {text}");
    }
}

#[tokio::test]
async fn all_differences_are_named_at_once() {
    let found = check(changed(json!({"keys": ["pk:N", "sk:S"], "gsi1": null, "ttl": null}))).await;
    let json = serde_json::to_value(&found).expect("JSON");
    let kinds: Vec<&str> = json["differences"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|difference| difference["kind"].as_str().expect("a kind"))
        .collect();
    assert_eq!(kinds, ["keys", "missing_index", "expiry_off"]);
    assert_eq!(json["differences"][1]["index"], "gsi1");
    let message = json["differences"][2]["message"].as_str().expect("a message");
    assert!(message.starts_with("items do not expire"), "{message}");
}

#[tokio::test]
async fn additions_of_the_user_are_notes_and_not_differences() {
    let additions = [
        (json!({"mine": {"keys": ["room:S"], "projects": []}}), "the index mine is not Lift's"),
        (
            json!({"gsi1": {"keys": ["gsi1pk:S", "gsi1sk:S"], "projects": ["ttl", "env", "name"]}}),
            "the index gsi1 projects name as well",
        ),
        (
            json!({"gsi1": {"keys": ["gsi1pk:S", "gsi1sk:S"], "projects": "ALL"}}),
            "the index gsi1 projects every other attribute as well",
        ),
        (json!({"provisioned": true}), "capacity is provisioned"),
        (json!({"stream": null}), "the stream is off"),
        (json!({"stream": "KEYS_ONLY"}), "the stream holds KEYS_ONLY, not NEW_AND_OLD_IMAGES"),
    ];
    for (changes, expected) in additions {
        let found = check(changed(changes.clone())).await;
        assert!(found.fits(), "{changes}: {found}");
        assert_eq!(found.notes.len(), 1, "{changes}: {found}");
        assert!(found.notes[0].to_string().contains(expected), "{changes}: {found}");
    }
}

#[tokio::test]
async fn a_missing_stream_is_a_difference_where_a_stream_is_needed() {
    for (stream, expected) in
        [(Value::Null, "the stream is off"), (json!("KEYS_ONLY"), "the stream holds KEYS_ONLY")]
    {
        let database = Database::start().await;
        define(&database.client(), &changed(json!({"stream": stream}))).await;
        let check = database.table(NAME).check_with_streams().await.expect("checked");
        assert!(!check.fits() && check.to_string().contains(expected), "{check}");
    }
}

#[tokio::test]
async fn a_table_of_lift_for_go_is_refused_with_the_migration_guide() {
    let index =
        |n: u8| json!({"keys": [format!("gsi{n}pk:S"), format!("gsi{n}sk:S")], "projects": "ALL"});
    let lower = json!({"gsi1": index(1), "gsi2": index(2)});
    let upper = json!({"keys": ["PK:S", "SK:S"], "gsi1": index(1), "gsi2": index(2), "ttl": null});
    for changes in [lower, upper] {
        let database = Database::start().await;
        define(&database.client(), &changed(changes)).await;
        let table = database.table(NAME);
        let check = table.check().await.expect("checked");
        assert_eq!(check.differences.len(), 1, "{check}");
        let error = table.create(&CreateOptions::new()).await.expect_err("refused").to_string();
        for text in [check.to_string(), error] {
            assert!(text.contains("docs/src/migrate.md"), "{text}");
        }
    }
}

#[tokio::test]
async fn create_does_not_change_a_table_that_differs() {
    let database = Database::start().await;
    define(&database.client(), &changed(json!({"gsi1": null, "gsi2": null, "ttl": null}))).await;
    let table = database.table(NAME);
    let before = table.describe().await.expect("described");
    let error = table.create(&CreateOptions::new()).await.expect_err("it differs");
    assert!(error.is_other_layout());
    let error = error.to_string();
    assert!(error.starts_with("the table t-connections does not fit: "), "{error}");
    assert!(error.contains("gsi1 is missing") && error.contains("gsi2 is missing"), "{error}");
    assert_eq!(table.describe().await.expect("described"), before);
}

async fn check(table: Value) -> TableCheck {
    let database = Database::start().await;
    define(&database.client(), &table).await;
    database.table(NAME).check().await.expect("checked")
}

/// Creates a table by a definition such as that of [`right_table`].
async fn define(client: &Client, table: &Value) {
    let keys = |of: &Value| -> Vec<Value> { of.as_array().expect("keys").clone() };
    let mut attributes = Vec::new();
    let mut schema = |keys: Vec<Value>| -> Value {
        let roles = ["HASH", "RANGE"];
        keys.iter()
            .zip(roles)
            .map(|(key, role)| {
                let (name, kind) = key.as_str().and_then(|k| k.split_once(':')).expect("name:type");
                attributes.push((name.to_owned(), kind.to_owned()));
                json!([name, role])
            })
            .collect()
    };
    let table_keys = schema(keys(&table["keys"]));
    let mut indexes = Vec::new();
    for (name, index) in table.as_object().expect("an object") {
        if index["keys"].is_array() {
            indexes.push((name, schema(keys(&index["keys"])), &index["projects"]));
        }
    }
    let local = table["lsi"].as_str().map(|lsi| {
        let partition = table["keys"][0].clone();
        (lsi.split(':').next().expect("a name"), schema(vec![partition, json!(lsi)]))
    });
    attributes.sort();
    attributes.dedup();
    sdk::create(client, NAME, &attributes, &table_keys, indexes, local, table).await;
}

/// Creates the table with the SDK's types.
mod sdk {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex,
        Projection, ProjectionType, ProvisionedThroughput, StreamSpecification,
        TimeToLiveSpecification,
    };

    use super::*;

    pub(super) async fn create(
        client: &Client,
        name: &str,
        attributes: &[(String, String)],
        keys: &Value,
        indexes: Vec<(&String, Value, &Value)>,
        local: Option<(&str, Value)>,
        table: &Value,
    ) {
        let provisioned = table["provisioned"] == true;
        let capacity = provisioned.then(|| {
            let capacity = ProvisionedThroughput::builder();
            capacity.read_capacity_units(5).write_capacity_units(5).build().expect("capacity")
        });
        let mode = if provisioned { BillingMode::Provisioned } else { BillingMode::PayPerRequest };
        let mut create = client
            .create_table()
            .table_name(name)
            .billing_mode(mode)
            .set_provisioned_throughput(capacity.clone())
            .set_key_schema(Some(schema(keys)));
        for (name, kind) in attributes {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute.attribute_type(kind.as_str().into());
            create = create.attribute_definitions(attribute.build().expect("an attribute"));
        }
        for (name, keys, projects) in indexes {
            let index = GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(schema(&keys)))
                .set_provisioned_throughput(capacity.clone())
                .projection(projection(projects));
            create = create.global_secondary_indexes(index.build().expect("an index"));
        }
        if let Some((name, keys)) = local {
            let index = LocalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(schema(&keys)))
                .projection(Projection::builder().projection_type(ProjectionType::All).build());
            create = create.local_secondary_indexes(index.build().expect("an index"));
        }
        if let Some(view) = table["stream"].as_str() {
            let stream = StreamSpecification::builder().stream_enabled(true);
            let stream = stream.stream_view_type(view.into()).build();
            create = create.stream_specification(stream.expect("a stream"));
        }
        create.send().await.expect("created");
        if let Some(attribute) = table["ttl"].as_str() {
            let expiry = TimeToLiveSpecification::builder().attribute_name(attribute);
            let expiry = expiry.enabled(true).build().expect("a specification");
            let update = client.update_time_to_live().table_name(name);
            update.time_to_live_specification(expiry).send().await.expect("updated");
        }
    }

    fn schema(keys: &Value) -> Vec<KeySchemaElement> {
        let element = |key: &Value| {
            let [name, role] = [&key[0], &key[1]].map(|text| text.as_str().expect("a string"));
            let element = KeySchemaElement::builder().attribute_name(name);
            element.key_type(role.into()).build().expect("an element")
        };
        keys.as_array().expect("keys").iter().map(element).collect()
    }

    fn projection(projects: &Value) -> Projection {
        let names: Vec<String> = projects
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().expect("a name").to_owned())
            .collect();
        let kind = match names.as_slice() {
            _ if projects == "ALL" => ProjectionType::All,
            [] => ProjectionType::KeysOnly,
            _ => ProjectionType::Include,
        };
        let names = (!names.is_empty()).then_some(names);
        Projection::builder().projection_type(kind).set_non_key_attributes(names).build()
    }
}

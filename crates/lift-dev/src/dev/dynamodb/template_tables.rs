//! The tables of a template, created in the embedded database before functions use them.

use anyhow::{Context as _, Result, anyhow, bail};
use dynoxide::{Database as Engine, actions::describe_table::DescribeTableRequest};
use lift_template::Table;
use serde_json::{Value, json};

/// Creates the tables that are missing.
pub(crate) fn create(engine: &Engine, tables: &[Table]) -> Result<()> {
    for table in tables {
        let Table { id, name, create_table, ttl_attribute, .. } = table;
        let request = DescribeTableRequest { table_name: name.clone() };
        if let Ok(found) = engine.describe_table(request) {
            let found = serde_json::to_value(found)?;
            if shape(&found["Table"]) != shape(create_table) {
                bail!(
                    "the table {name} has other keys or indexes in the data folder than in the \
                     template: delete the data folder to start with empty tables, or pass another \
                     by --data-dir"
                );
            }
        } else {
            let cannot_create = || format!("the template's table {id} cannot be made");
            let request = serde_json::from_value(create_table.clone())
                .map_err(|error| anyhow!("{}", error.to_string().replace("VALIDATION:", "")));
            engine
                .create_table(request.with_context(cannot_create)?)
                .with_context(cannot_create)?;
        }
        if let Some(attribute) = ttl_attribute {
            let request = json!({
                "TableName": name,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
            });
            // Fails if it is already on.
            let _ = engine.update_time_to_live(serde_json::from_value(request)?);
        }
    }
    Ok(())
}

/// The parts of a table that cannot be changed: its keys and its indexes.
fn shape(table: &Value) -> Vec<Value> {
    let mut indexes = Vec::new();
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        for index in table[kind].as_array().into_iter().flatten() {
            indexes.push(json!([index["IndexName"], index["KeySchema"], index["Projection"]]));
        }
    }
    indexes.sort_by_key(Value::to_string);
    indexes.push(table["KeySchema"].clone());
    indexes
}

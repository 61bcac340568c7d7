//! Reads the rows of tables page by page, in plain JSON, for the inspector.

use anyhow::{Context as _, Result};
use dynoxide::{Database as Engine, actions::describe_table::DescribeTableRequest};
use serde_json::{Map, Value, json};

use crate::dev::dynamodb::client::WeakEngine;

/// The rows of a page.
const PAGE_ROWS: u32 = 50;

/// Reads the tables of a database. It does not keep the database open.
pub(crate) struct TableReader {
    engine: WeakEngine,
    names: Vec<String>,
}

/// The names of the key's attributes, the rows, and where the next page starts.
pub(crate) type Page = (Vec<String>, Vec<Value>, Option<Value>);

impl TableReader {
    pub(super) fn new(engine: WeakEngine, names: Vec<String>) -> Self {
        Self { engine, names }
    }

    /// The names of the tables.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The rows of a table after `start`.
    pub(crate) async fn page(&self, table: &str, start: Option<Value>) -> Result<Page> {
        let engine = self.engine.upgrade().context("the database is closed")?;
        let table = table.to_owned();
        tokio::task::spawn_blocking(move || read(&engine, &table, start))
            .await
            .context("the read panicked")?
    }
}

fn read(engine: &Engine, table: &str, start: Option<Value>) -> Result<Page> {
    let described = engine.describe_table(DescribeTableRequest { table_name: table.to_owned() })?;
    let described = serde_json::to_value(described)?;
    let schema = described["Table"]["KeySchema"].as_array().into_iter().flatten();
    let keys = schema.filter_map(|key| key["AttributeName"].as_str().map(str::to_owned)).collect();
    let mut request = json!({ "TableName": table, "Limit": PAGE_ROWS });
    if let Some(start) = start {
        request["ExclusiveStartKey"] = start;
    }
    let scanned = serde_json::to_value(engine.scan(serde_json::from_value(request)?)?)?;
    let rows = scanned["Items"].as_array().into_iter().flatten().map(plain_item).collect();
    Ok((keys, rows, scanned.get("LastEvaluatedKey").filter(|key| !key.is_null()).cloned()))
}

fn plain_item(item: &Value) -> Value {
    let Some(item) = item.as_object() else { return Value::Null };
    item.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>().into()
}

/// An attribute without its type: `{"S": "a"}` is `"a"`.
fn plain(attribute: &Value) -> Value {
    let typed = attribute.as_object().and_then(|typed| typed.iter().next());
    let Some((kind, value)) = typed else { return attribute.clone() };
    let items = |plain: fn(&Value) -> Value| {
        value.as_array().into_iter().flatten().map(plain).collect::<Vec<_>>().into()
    };
    match &**kind {
        "NULL" => Value::Null,
        "N" => number(value),
        "NS" => items(number),
        "L" => items(plain),
        "M" => plain_item(value),
        // Strings, booleans, base64, and sets of strings and base64.
        _ => value.clone(),
    }
}

/// A number from its text. One that JSON's numbers cannot hold stays a text.
fn number(text: &Value) -> Value {
    let parsed = text.as_str().and_then(|text| serde_json::from_str(text).ok());
    parsed.filter(Value::is_number).unwrap_or_else(|| text.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::plain_item;

    #[test]
    fn attributes_are_plain_json() {
        let item = json!({
            "pk": {"S": "a"}, "n": {"N": "1.50"}, "big": {"N": "7"}, "on": {"BOOL": true},
            "none": {"NULL": true}, "list": {"L": [{"S": "x"}, {"N": "2"}]},
            "map": {"M": {"a": {"S": "b"}}}, "names": {"SS": ["a", "b"]}, "numbers": {"NS": ["1"]},
        });
        let plain = json!({
            "pk": "a", "n": 1.5, "big": 7, "on": true, "none": null, "list": ["x", 2],
            "map": {"a": "b"}, "names": ["a", "b"], "numbers": [1],
        });
        assert_eq!(plain_item(&item), plain);
    }
}

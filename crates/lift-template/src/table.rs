//! The DynamoDB tables of a template, as requests that create them.

use serde_json::{Map, Value, json};

use crate::{
    error::{Notice, Result},
    node::Node,
    property_reader::PropertyReader,
    scope::Scope,
};

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The body of a `CreateTable` request: keys, indexes, and billing by request.
    pub create_table: Value,
    /// The attribute of its time to live.
    pub ttl_attribute: Option<String>,
}

/// Properties with the same form in CloudFormation and in `CreateTable`.
const SAME_FORM: [&str; 4] =
    ["AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes"];

/// The keys of an index that define it. The others, such as its capacity, have no local effect.
const INDEX_KEYS: [&str; 6] =
    ["AttributeName", "AttributeType", "IndexName", "KeySchema", "KeyType", "Projection"];

/// Reads all tables.
pub(crate) fn read(scope: &Scope<'_>, notices: &mut Vec<Notice>) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for resource in scope.resources().iter().filter(|resource| resource.is_table()) {
        let mut properties = PropertyReader::of_resource(scope, resource)?;
        let name = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
        let name = name.as_text().unwrap_or(&resource.id).to_owned();
        let mut request = Map::new();
        request.insert("TableName".to_owned(), Value::from(&*name));
        request.insert("BillingMode".to_owned(), Value::from("PAY_PER_REQUEST"));
        match &*resource.resource_type {
            "AWS::Serverless::SimpleTable" => add_simple_key(&mut properties, &mut request)?,
            _ => add_keys_and_indexes(&mut properties, &mut request)?,
        }
        let mut ttl_attribute = None;
        let line = properties.line_of("TimeToLiveSpecification");
        if let Some(mut ttl) = properties.nested("TimeToLiveSpecification")? {
            let path = properties.path_of("TimeToLiveSpecification");
            notices.push(Notice::new(path, "removes no items locally").on_line(line));
            let attribute = ttl.text("AttributeName")?;
            ttl_attribute = attribute.filter(|_| ttl.flag("Enabled").unwrap_or_default());
        }
        properties.notice(
            &["StreamSpecification", "KinesisStreamSpecification"],
            "has no readers locally",
            notices,
        );
        properties.ignore(&[
            "BillingMode",
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "OnDemandThroughput",
            "PointInTimeRecoverySpecification",
            "ProvisionedThroughput",
            "Replicas",
            "ResourcePolicy",
            "SSESpecification",
            "TableClass",
            "TableName",
            "Tags",
            "WarmThroughput",
            "WriteOnDemandThroughputSettings",
            "WriteProvisionedThroughputSettings",
        ]);
        properties.finish(notices);
        let create_table = Value::Object(request);
        tables.push(Table { id: resource.id.clone(), name, create_table, ttl_attribute });
    }
    Ok(tables)
}

fn add_keys_and_indexes(
    properties: &mut PropertyReader<'_>,
    request: &mut Map<String, Value>,
) -> Result<()> {
    for key in SAME_FORM {
        let line = properties.line_of(key);
        let Some(node) = properties.value(key)? else { continue };
        let mut value = node.to_json().map_err(|reason| properties.error(line, key, reason))?;
        for index in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            index.retain(|key, _| INDEX_KEYS.contains(&&**key));
        }
        request.insert(key.to_owned(), value);
    }
    Ok(())
}

/// The key of SAM's `SimpleTable`: the text `id`, unless the template sets another.
fn add_simple_key(
    properties: &mut PropertyReader<'_>,
    request: &mut Map<String, Value>,
) -> Result<()> {
    let (mut name, mut attribute_type) = ("id".to_owned(), "S");
    if let Some(mut key) = properties.nested("PrimaryKey")? {
        name = key.required("Name")?;
        attribute_type = match key.text("Type")?.as_deref() {
            Some("Number") => "N",
            Some("Binary") => "B",
            _ => "S",
        };
    }
    let definitions = json!([{ "AttributeName": name, "AttributeType": attribute_type }]);
    request.insert("AttributeDefinitions".to_owned(), definitions);
    request.insert("KeySchema".to_owned(), json!([{ "AttributeName": name, "KeyType": "HASH" }]));
    Ok(())
}

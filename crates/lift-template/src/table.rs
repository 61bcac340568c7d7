//! The DynamoDB tables of a template, as the API that makes them wants to hear of them.

use serde_json::{Map, Value, json};

use super::{
    fault::{Notice, Read},
    node::Node,
    scope::Scope,
    section::Section,
};

/// A table.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// Its logical id.
    pub id: String,
    /// Its physical name.
    pub name: String,
    /// The body of `CreateTable`.
    pub create: Value,
    /// The attribute by which items expire.
    pub expires_by: Option<String>,
}

/// What CloudFormation and `CreateTable` say in the same words.
const SAME: [&str; 4] =
    ["AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes"];

/// Reads all tables.
pub(super) fn read(scope: &Scope<'_>, notices: &mut Vec<Notice>) -> Read<Vec<Table>> {
    let mut tables = Vec::new();
    for resource in scope.resources().iter().filter(|resource| resource.is_table()) {
        let mut section = Section::new(scope, &resource.place, &resource.properties)?;
        let name = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
        let name = name.as_text().unwrap_or(&resource.id).to_owned();
        let mut create = Map::new();
        create.insert("TableName".to_owned(), Value::from(&*name));
        create.insert("BillingMode".to_owned(), Value::from("PAY_PER_REQUEST"));
        match &*resource.kind {
            "AWS::Serverless::SimpleTable" => simple(&mut section, &mut create)?,
            _ => declared(&mut section, &mut create)?,
        }
        let mut expires_by = None;
        if let Some(mut ttl) = section.section("TimeToLiveSpecification")? {
            let place = section.place_of("TimeToLiveSpecification");
            notices.push(Notice { place, what: "removes no item here".to_owned() });
            let attribute = ttl.text("AttributeName")?;
            expires_by = attribute.filter(|_| ttl.flag("Enabled").unwrap_or_default());
        }
        section.notice(
            &["StreamSpecification", "KinesisStreamSpecification"],
            "feeds nobody here",
            notices,
        );
        section.skip(&[
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
        section.finish(notices);
        let create = Value::Object(create);
        tables.push(Table { id: resource.id.clone(), name, create, expires_by });
    }
    Ok(tables)
}

fn declared(section: &mut Section<'_>, create: &mut Map<String, Value>) -> Read<()> {
    for key in SAME {
        let line = section.line_of(key);
        let Some(node) = section.take(key)? else { continue };
        let mut value = node.to_json().map_err(|why| section.wrong(line, key, why))?;
        // Capacities and the like have no meaning for an engine on this machine.
        for index in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            index.retain(|key, _| {
                matches!(
                    &**key,
                    "AttributeName"
                        | "AttributeType"
                        | "IndexName"
                        | "KeySchema"
                        | "KeyType"
                        | "Projection"
                )
            });
        }
        create.insert(key.to_owned(), value);
    }
    Ok(())
}

/// SAM's table with one key, which is `id` unless it says another.
fn simple(section: &mut Section<'_>, create: &mut Map<String, Value>) -> Read<()> {
    let (mut name, mut kind) = ("id".to_owned(), "S");
    if let Some(mut key) = section.section("PrimaryKey")? {
        name = key.required("Name")?;
        kind = match key.text("Type")?.as_deref() {
            Some("Number") => "N",
            Some("Binary") => "B",
            _ => "S",
        };
    }
    let definitions = json!([{ "AttributeName": name, "AttributeType": kind }]);
    create.insert("AttributeDefinitions".to_owned(), definitions);
    create.insert("KeySchema".to_owned(), json!([{ "AttributeName": name, "KeyType": "HASH" }]));
    Ok(())
}

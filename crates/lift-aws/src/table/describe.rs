//! Reads the description of a live table from DynamoDB.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndexDescription, KeySchemaElement, KeyType,
    Projection as SdkProjection, ProjectionType, TableDescription as SdkTableDescription,
    TimeToLiveDescription,
};

use super::{
    Table,
    description::{
        Billing, Expiry, IndexDescription, KeyAttribute, KeyRole, Projection, TableDescription,
    },
};
use crate::Error;

impl Table {
    /// The table's description.
    ///
    /// # Errors
    /// When there is no such table, and when DynamoDB cannot be reached or refuses.
    pub async fn describe(&self) -> Result<TableDescription, Error> {
        self.find().await?.ok_or_else(|| self.missing())
    }

    /// The table's description; `None` if it does not exist.
    pub(super) async fn find(&self) -> Result<Option<TableDescription>, Error> {
        let described = match self.client.describe_table().table_name(&self.name).send().await {
            Ok(described) => described.table,
            Err(error) => {
                let service_error = error.as_service_error();
                if service_error.is_some_and(|error| error.is_resource_not_found_exception()) {
                    return Ok(None);
                }
                return Err(self.failed("DescribeTable", error));
            }
        };
        let Some(described) = described else { return Ok(None) };
        let expiry = match self.client.describe_time_to_live().table_name(&self.name).send().await {
            Ok(expiry) => expiry.time_to_live_description,
            Err(error) => {
                let service_error = error.as_service_error();
                // The table was deleted between the two calls, or is being created.
                if !service_error.is_some_and(|error| error.is_resource_not_found_exception()) {
                    return Err(self.failed("DescribeTimeToLive", error));
                }
                None
            }
        };
        Ok(Some(description(&self.name, &described, expiry.as_ref())))
    }
}

fn description(
    name: &str,
    table: &SdkTableDescription,
    expiry: Option<&TimeToLiveDescription>,
) -> TableDescription {
    let definitions = table.attribute_definitions();
    let mut indexes: Vec<IndexDescription> =
        table.global_secondary_indexes().iter().map(|found| index(found, definitions)).collect();
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    let local = table.local_secondary_indexes().iter();
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let count = |number: Option<i64>| number.and_then(|n| n.try_into().ok()).unwrap_or(0);
    TableDescription {
        name: name.to_owned(),
        arn: table.table_arn().map(ToOwned::to_owned),
        status: table.table_status().map_or("UNKNOWN", |status| status.as_str()).to_owned(),
        items: count(table.item_count()),
        bytes: count(table.table_size_bytes()),
        billing: billing(table),
        keys: keys(table.key_schema(), definitions),
        indexes,
        local_indexes: local.filter_map(|i| i.index_name().map(ToOwned::to_owned)).collect(),
        expiry: Expiry {
            status: expiry
                .and_then(|expiry| expiry.time_to_live_status())
                .map_or("DISABLED", |status| status.as_str())
                .to_owned(),
            attribute: expiry.and_then(|e| e.attribute_name()).map(ToOwned::to_owned),
        },
        stream: stream
            .and_then(|stream| stream.stream_view_type())
            .map(|view| view.as_str().to_owned()),
        deletion_protection: table.deletion_protection_enabled().unwrap_or(false),
    }
}

fn keys(schema: &[KeySchemaElement], definitions: &[AttributeDefinition]) -> Vec<KeyAttribute> {
    let value_type = |name: &str| {
        let of = definitions.iter().find(|definition| definition.attribute_name() == name);
        of.map_or("?", |definition| definition.attribute_type().as_str()).to_owned()
    };
    let key = |element: &KeySchemaElement| KeyAttribute {
        name: element.attribute_name().to_owned(),
        role: if *element.key_type() == KeyType::Hash { KeyRole::Hash } else { KeyRole::Range },
        value_type: value_type(element.attribute_name()),
    };
    schema.iter().map(key).collect()
}

fn index(
    found: &GlobalSecondaryIndexDescription,
    definitions: &[AttributeDefinition],
) -> IndexDescription {
    IndexDescription {
        name: found.index_name().unwrap_or_default().to_owned(),
        // Some implementations of the API leave the status out.
        status: found.index_status().map_or("ACTIVE", |status| status.as_str()).to_owned(),
        keys: keys(found.key_schema(), definitions),
        projected: projection(found.projection()),
    }
}

fn projection(projection: Option<&SdkProjection>) -> Projection {
    let Some(projection) = projection else { return Projection::Only(Vec::new()) };
    if projection.projection_type() == Some(&ProjectionType::All) {
        return Projection::All;
    }
    let mut attributes = projection.non_key_attributes().to_vec();
    attributes.sort();
    Projection::Only(attributes)
}

fn billing(table: &SdkTableDescription) -> Billing {
    let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    // A table whose billing mode never changed from provisioned has no summary.
    if mode != Some(&BillingMode::PayPerRequest) {
        return Billing::Provisioned;
    }
    let limits = table.on_demand_throughput();
    // -1 stands for no limit.
    let limit = |number: Option<i64>| number.and_then(|number| number.try_into().ok());
    Billing::PayPerRequest {
        max_reads: limits.and_then(|limits| limit(limits.max_read_request_units())),
        max_writes: limits.and_then(|limits| limit(limits.max_write_request_units())),
    }
}

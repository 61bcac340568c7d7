//! The operations that a plan can name, and the faults that are possible for each.

use super::model::{Access, Api, FaultKind};

const READS: [&str; 5] = ["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"];

const WRITES: [&str; 5] =
    ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// Operations on tables.
const TABLES: [&str; 7] = [
    "CreateTable",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "ListTables",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// Whether an operation of DynamoDB reads or writes items; `None` for operations on tables.
pub(crate) fn access(operation: &str) -> Option<Access> {
    if READS.contains(&operation) {
        return Some(Access::Read);
    }
    WRITES.contains(&operation).then_some(Access::Write)
}

/// The names of an API's operations in plans.
pub(super) fn names(api: Api) -> Vec<&'static str> {
    match api {
        Api::DynamoDb => [&READS[..], &WRITES, &TABLES].concat(),
        Api::Connections => vec!["post", "get", "delete"],
        Api::Runtime => vec!["next", "response", "error", "init-error"],
    }
}

impl FaultKind {
    /// Whether this fault is possible for an operation.
    pub(crate) fn applies_to(&self, api: Api, operation: &str) -> bool {
        let access = access(operation);
        match (api, self) {
            (Api::DynamoDb, Self::Stale(_)) => {
                access == Some(Access::Read) && operation != "TransactGetItems"
            }
            (Api::DynamoDb, Self::IndexLag(_) | Self::Duplicate(_) | Self::Reorder { .. }) => {
                access == Some(Access::Write)
            }
            (Api::DynamoDb, Self::Throttle(Some(reason))) => access == Some(reason.access()),
            (Api::DynamoDb, Self::Throttle(None)) => access.is_some(),
            (Api::Connections, Self::Duplicate(_) | Self::Reorder { .. }) => operation != "get",
            (Api::Runtime, Self::Duplicate(_)) => operation == "next",
            (_, Self::Stale(_) | Self::IndexLag(_)) => false,
            (Api::Runtime, Self::Throttle(_) | Self::Reorder { .. }) => false,
            _ => true,
        }
    }
}

//! Why a table does not fit, and notes about one that does. Each is one line of text, which names
//! the fix.

use std::fmt;

use serde::Serialize;

use super::description::Projection;

/// Why a table does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum TableDifference {
    /// The table has the layout of the Go framework Lift. Nothing else was compared.
    GoLift,
    /// The table cannot be used now.
    Status {
        /// The status, such as `CREATING`.
        status: String,
    },
    /// The key of the table or of an index differs.
    Keys {
        /// The index; `None` for the table.
        index: Option<String>,
        /// The needed key, with roles and types.
        needed: String,
        /// The table's key, in the same form.
        found: String,
    },
    /// An index is missing.
    MissingIndex {
        /// Its name.
        index: String,
        /// Its key, with roles and types.
        keys: String,
        /// The attributes that it must project.
        projects: Projection,
    },
    /// An index cannot be queried now.
    IndexStatus {
        /// The index.
        index: String,
        /// The status, such as `CREATING`.
        status: String,
    },
    /// An index does not project an attribute that is read from it.
    Projection {
        /// The index.
        index: String,
        /// The missing attributes; `None` for all.
        missing: Option<Vec<String>>,
    },
    /// Items do not expire.
    ExpiryOff {
        /// The attribute by which they should.
        needed: String,
    },
    /// Items expire by another attribute.
    ExpiryAttribute {
        /// That attribute.
        attribute: String,
        /// The attribute by which they should.
        needed: String,
    },
    /// The table has a local secondary index, which limits each partition key to 10 GB and to the
    /// throughput of one partition.
    LocalIndex {
        /// Its name.
        index: String,
    },
    /// The stream is off, or its view type differs. Only where a stream is needed.
    Stream {
        /// Its view type; `None` when it is off.
        view: Option<String>,
        /// The needed view type.
        needed: String,
    },
}

/// A fact about a table that does not keep an app from using it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum TableNote {
    /// Capacity is provisioned: it is billed when unused, and requests beyond it are throttled.
    Provisioned,
    /// The table of connections has an index that is not Lift's.
    ExtraIndex {
        /// Its name.
        index: String,
    },
    /// A table of the app's own has an index that the app does not declare.
    UndeclaredIndex {
        /// Its name.
        index: String,
    },
    /// An index projects more than is read from it.
    ExtraProjection {
        /// The index.
        index: String,
        /// The extra attributes; `None` for all.
        attributes: Option<Vec<String>>,
    },
    /// The stream is off, or its view type lacks something that presence needs.
    Stream {
        /// Its view type; `None` when it is off.
        view: Option<String>,
        /// The view type that presence needs.
        needed: String,
    },
    /// The options ask for deletion protection, and the existing table has none.
    Unprotected,
    /// The options ask for limits, and the existing table has others.
    Limits,
}

/// The fix for a difference that DynamoDB cannot change in place.
const USE_ANOTHER: &str = "create another table and let the app use that";

impl fmt::Display for TableDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoLift => write!(
                f,
                "it has the layout of a table of Lift for Go, which stores connections in another way: \
                 create another table, as the chapter \"Migrating from Lift for Go\" of the book \
                 explains (docs/src/migrate.md)"
            ),
            Self::Status { status } => write!(f, "its status is {status}: {}", wait(status)),
            Self::Keys { index: None, needed, found } => {
                write!(f, "its key is {found}, not {needed}: {USE_ANOTHER}")
            }
            Self::Keys { index: Some(index), needed, found } => write!(
                f,
                "the key of {index} is {found}, not {needed}: delete that index and add it again, \
                 or {USE_ANOTHER}"
            ),
            Self::MissingIndex { index, keys, projects } => write!(
                f,
                "the index {index} is missing: add it with the key {keys}, projecting {projects}, as \
                 `lift table create --all` does, or {USE_ANOTHER}"
            ),
            Self::IndexStatus { index, status } => {
                write!(f, "the status of the index {index} is {status}: {}", wait(status))
            }
            Self::Projection { index, missing } => write!(
                f,
                "the index {index} does not project {}: delete that index and add it again, or \
                 {USE_ANOTHER}",
                missing.as_ref().map_or("every attribute".to_owned(), |missing| missing.join(", "))
            ),
            Self::ExpiryOff { needed } => write!(
                f,
                "items do not expire: `lift table create` turns time to live on, for the \
                 attribute {needed}"
            ),
            Self::ExpiryAttribute { attribute, needed } => write!(
                f,
                "items expire by the attribute {attribute}, not {needed}: turn time to live off \
                 for {attribute}, and an hour later on for {needed}"
            ),
            Self::LocalIndex { index } => write!(
                f,
                "the local secondary index {index} limits what a partition can hold and do, and \
                 cannot be removed: {USE_ANOTHER}"
            ),
            Self::Stream { view, needed } => stream(f, view.as_deref(), needed),
        }
    }
}

impl fmt::Display for TableNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provisioned => f.write_str(
                "capacity is provisioned: requests beyond it are throttled, on the table and on \
                 each index",
            ),
            Self::ExtraIndex { index } => {
                write!(f, "the index {index} is not Lift's: writes of its items cost more")
            }
            Self::UndeclaredIndex { index } => write!(
                f,
                "the app does not declare the index {index}: writes of its items cost more, until you \
                 delete it"
            ),
            Self::ExtraProjection { index, attributes } => write!(
                f,
                "the index {index} projects {} as well, which makes writes and lists cost more",
                attributes.as_ref().map_or("every other attribute".to_owned(), |a| a.join(", "))
            ),
            Self::Stream { view, needed } => {
                f.write_str("for an app that reads the stream: ")?;
                stream(f, view.as_deref(), needed)
            }
            Self::Unprotected => f.write_str(
                "deletion protection is off, and was left so because the table existed: `aws \
                 dynamodb update-table --table-name NAME --deletion-protection-enabled` turns it on",
            ),
            Self::Limits => f.write_str(
                "the limits are others than asked for, and were left so because the table \
                 existed: `aws dynamodb update-table --table-name NAME --on-demand-throughput ...` sets \
                 them",
            ),
        }
    }
}

fn stream(f: &mut fmt::Formatter<'_>, view: Option<&str>, needed: &str) -> fmt::Result {
    match view {
        None => write!(
            f,
            "the stream is off: `aws dynamodb update-table --table-name NAME \
             --stream-specification StreamEnabled=true,StreamViewType={needed}` turns it on"
        ),
        Some(view) => {
            write!(f, "the stream holds {view}, not {needed}: turn it off, and on with {needed}")
        }
    }
}

fn wait(status: &str) -> &'static str {
    match status {
        "CREATING" | "UPDATING" => "wait until it is ACTIVE",
        "DELETING" => "wait until it is gone, and create it",
        _ => "see what DynamoDB's console says",
    }
}

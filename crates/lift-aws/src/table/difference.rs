//! What makes a table unfit, and what is worth knowing of one that fits. One line each, which
//! names the fix.

use std::fmt;

use serde::Serialize;

use super::layout::{EXPIRY, STREAM};

/// Why a table does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Difference {
    /// The layout is that of a table of the Go framework Lift. Nothing else was compared.
    GoLift,
    /// The table cannot be used now.
    Status {
        /// What DynamoDB calls it, such as `CREATING`.
        status: String,
    },
    /// The key of the table, or of one of its indexes, is another.
    Keys {
        /// The index; the table itself when there is none.
        index: Option<String>,
        /// The key that is needed, with roles and types.
        needed: String,
        /// The key that is there.
        found: String,
    },
    /// An index is not there.
    MissingIndex {
        /// Its name.
        index: String,
        /// Its key, with roles and types.
        keys: String,
        /// The attributes that it has to project.
        projects: Vec<String>,
    },
    /// An index cannot be queried now.
    IndexStatus {
        /// The index.
        index: String,
        /// What DynamoDB calls it, such as `CREATING`.
        status: String,
    },
    /// An index does not hold an attribute that is read from it.
    Projection {
        /// The index.
        index: String,
        /// The attributes that it lacks.
        missing: Vec<String>,
    },
    /// Items do not expire.
    ExpiryOff,
    /// Items expire by another attribute.
    ExpiryAttribute {
        /// That attribute.
        attribute: String,
    },
    /// The table has a local secondary index, which binds each partition key to 10 GB and to one
    /// machine's throughput.
    LocalIndex {
        /// Its name.
        index: String,
    },
    /// The stream is off, or does not hold what is needed of a change. Only where streams are
    /// asked for.
    Stream {
        /// What it holds, when it is on.
        view: Option<String>,
    },
}

/// What is worth knowing of a table, and no fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Note {
    /// Capacity is paid for, whether used or not, and requests beyond it fail.
    Provisioned,
    /// The table has an index that is not Lift's.
    ExtraIndex {
        /// Its name.
        index: String,
    },
    /// An index holds more than is read from it.
    ExtraProjection {
        /// The index.
        index: String,
        /// The attributes; none stands for all.
        attributes: Option<Vec<String>>,
    },
    /// The stream is off, or does not hold what presence needs of a change.
    Stream {
        /// What it holds, when it is on.
        view: Option<String>,
    },
    /// Deletion protection was asked for, and an existing table has none.
    Unprotected,
    /// Limits were asked for, and an existing table has others.
    Limits,
}

/// The way out where DynamoDB cannot change what is there.
const ANOTHER: &str = "create another table and let the app use that";

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoLift => write!(
                f,
                "it has the layout of a table of Go Lift, which keeps its connections otherwise: \
                 create another table beside it, as the chapter \"From Go Lift\" of the book says \
                 (docs/src/migrate.md)"
            ),
            Self::Status { status } => write!(f, "its status is {status}: {}", wait(status)),
            Self::Keys { index: None, needed, found } => {
                write!(f, "its key is {found}, not {needed}: {ANOTHER}")
            }
            Self::Keys { index: Some(index), needed, found } => write!(
                f,
                "the key of {index} is {found}, not {needed}: delete that index and add it anew, \
                 or {ANOTHER}"
            ),
            Self::MissingIndex { index, keys, projects } => write!(
                f,
                "the index {index} is missing: add it with the key {keys}, projecting {}, or \
                 {ANOTHER}",
                projects.join(", ")
            ),
            Self::IndexStatus { index, status } => {
                write!(f, "the status of the index {index} is {status}: {}", wait(status))
            }
            Self::Projection { index, missing } => write!(
                f,
                "the index {index} does not project {}: delete that index and add it anew, or \
                 {ANOTHER}",
                missing.join(", ")
            ),
            Self::ExpiryOff => write!(
                f,
                "items do not expire: `lift table create` turns time to live on, for the \
                 attribute {EXPIRY}"
            ),
            Self::ExpiryAttribute { attribute } => write!(
                f,
                "items expire by the attribute {attribute}, not {EXPIRY}: turn time to live off \
                 for {attribute}, and an hour later on for {EXPIRY}"
            ),
            Self::LocalIndex { index } => write!(
                f,
                "the local secondary index {index} limits what a partition can hold and do, and \
                 cannot be removed: {ANOTHER}"
            ),
            Self::Stream { view } => stream(f, view.as_deref()),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provisioned => f.write_str(
                "capacity is provisioned: requests beyond it are throttled, on the table and on \
                 each index",
            ),
            Self::ExtraIndex { index } => {
                write!(f, "the index {index} is not Lift's; an item that stands in it costs more")
            }
            Self::ExtraProjection { index, attributes } => write!(
                f,
                "the index {index} projects {} as well, which makes writes and lists cost more",
                attributes.as_ref().map_or("every other attribute".to_owned(), |a| a.join(", "))
            ),
            Self::Stream { view } => {
                f.write_str("for an app that reads the stream: ")?;
                stream(f, view.as_deref())
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

fn stream(f: &mut fmt::Formatter<'_>, view: Option<&str>) -> fmt::Result {
    match view {
        None => write!(
            f,
            "the stream is off: `aws dynamodb update-table --table-name NAME \
             --stream-specification StreamEnabled=true,StreamViewType={STREAM}` turns it on"
        ),
        Some(view) => {
            write!(f, "the stream holds {view}, not {STREAM}: turn it off, and on with {STREAM}")
        }
    }
}

fn wait(status: &str) -> &'static str {
    match status {
        "CREATING" | "UPDATING" => "wait until it is ACTIVE",
        "DELETING" => "wait until it is gone, and create it",
        _ => "see what DynamoDB's console says of it",
    }
}

//! The description of a live table as plain values: for people, for JSON, and for the check.

use std::fmt;

use serde::Serialize;

/// A live table, as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableDescription {
    /// The table's name.
    pub name: String,
    /// Its ARN.
    pub arn: Option<String>,
    /// `ACTIVE` when it can be used, or `CREATING`, `UPDATING`, `DELETING` and others.
    pub status: String,
    /// The number of items, tombstones included. DynamoDB counts about every six hours.
    pub items: u64,
    /// The size of the items in bytes, as old as the count.
    pub bytes: u64,
    /// How requests are billed.
    pub billing: Billing,
    /// The key: the partition key, then the sort key if there is one.
    pub keys: Vec<KeyAttribute>,
    /// The global secondary indexes, sorted by name.
    pub indexes: Vec<IndexDescription>,
    /// The names of the local secondary indexes.
    pub local_indexes: Vec<String>,
    /// How items expire.
    pub expiry: Expiry,
    /// The stream's view type; `None` without a stream.
    pub stream: Option<String>,
    /// Whether deletion protection is on.
    pub deletion_protection: bool,
}

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyAttribute {
    /// The attribute.
    pub name: String,
    /// Its role in the key.
    pub role: KeyRole,
    /// `S`, `N` or `B`.
    #[serde(rename = "type")]
    pub value_type: String,
}

/// The role of an attribute in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum KeyRole {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndexDescription {
    /// Its name.
    pub name: String,
    /// `ACTIVE` when it can be queried, `CREATING` while it is filled.
    pub status: String,
    /// Its key.
    pub keys: Vec<KeyAttribute>,
    /// The attributes that it holds beside the keys.
    pub projected: Projection,
}

/// The attributes that an index holds beside all keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Projection {
    /// Every attribute.
    All,
    /// These attributes, in alphabetical order; an empty list for the keys alone.
    Only(Vec<String>),
}

/// How requests are billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
#[non_exhaustive]
pub enum Billing {
    /// For each request, up to these limits.
    PayPerRequest {
        /// Read request units a second; `None` for no limit.
        max_reads: Option<u64>,
        /// Write request units a second; `None` for no limit.
        max_writes: Option<u64>,
    },
    /// For provisioned capacity, used or not.
    Provisioned,
}

/// How items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Expiry {
    /// `ENABLED`, `ENABLING`, `DISABLING` or `DISABLED`.
    pub status: String,
    /// The attribute with the time.
    pub attribute: Option<String>,
}

impl Expiry {
    /// Whether time to live is on or being turned on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        matches!(self.status.as_str(), "ENABLED" | "ENABLING")
    }
}

/// Displays a key as `pk (HASH, S), sk (RANGE, S)`.
pub(super) struct KeyList<'a>(pub(super) &'a [KeyAttribute]);

impl fmt::Display for KeyList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, KeyAttribute { name, role, value_type }) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            let role = if *role == KeyRole::Hash { "HASH" } else { "RANGE" };
            write!(f, "{comma}{name} ({role}, {value_type})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every attribute"),
            Self::Only(none) if none.is_empty() => f.write_str("keys alone"),
            Self::Only(attributes) => f.write_str(&attributes.join(", ")),
        }
    }
}

impl fmt::Display for Billing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::PayPerRequest { max_reads, max_writes } = self else {
            return f.write_str("provisioned");
        };
        f.write_str("pay per request")?;
        for (limit, unit) in [(max_reads, "read"), (max_writes, "write")] {
            if let Some(limit) = limit {
                write!(f, ", at most {limit} {unit} units a second")?;
            }
        }
        Ok(())
    }
}

/// Text for a person: a line for each fact, without a line break at the end.
impl fmt::Display for TableDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: &dyn fmt::Display| writeln!(f, "{name:<20} {value}");
        line("Table", &self.name)?;
        if let Some(arn) = &self.arn {
            line("ARN", arn)?;
        }
        line("Status", &self.status)?;
        line("Items", &format_args!("{} (DynamoDB counts about every 6 hours)", self.items))?;
        line("Size", &format_args!("{} bytes", self.bytes))?;
        line("Billing", &self.billing)?;
        line("Keys", &KeyList(&self.keys))?;
        for IndexDescription { name, status, keys, projected } in &self.indexes {
            let facts = format_args!("{}; projects {projected}; {status}", KeyList(keys));
            line(&format!("Index {name}"), &facts)?;
        }
        for name in &self.local_indexes {
            line("Local index", name)?;
        }
        match &self.expiry {
            Expiry { status, attribute: Some(name) } => {
                line("Expiry", &format_args!("{status}, attribute {name}"))?;
            }
            Expiry { status, .. } => line("Expiry", status)?,
        }
        line("Stream", &self.stream.as_deref().unwrap_or("off"))?;
        let protection = if self.deletion_protection { "on" } else { "off" };
        write!(f, "{:<20} {protection}", "Deletion protection")
    }
}

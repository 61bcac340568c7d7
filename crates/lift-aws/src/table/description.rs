//! What a live table is, as plain values: for people, for JSON, and for a check.

use std::fmt;

use serde::Serialize;

/// What a live table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The table's name.
    pub name: String,
    /// Its name across AWS.
    pub arn: Option<String>,
    /// `ACTIVE` when it can be used; `CREATING`, `UPDATING`, `DELETING` and others.
    pub status: String,
    /// How many items it holds, tombstones included. DynamoDB counts about every six hours.
    pub items: u64,
    /// How many bytes they take, as old as the count.
    pub bytes: u64,
    /// How requests are paid.
    pub billing: Billing,
    /// The key of an item: the partition key, then the sort key if there is one.
    pub keys: Vec<Key>,
    /// The global secondary indexes, by name.
    pub indexes: Vec<Index>,
    /// The names of the local secondary indexes.
    pub local_indexes: Vec<String>,
    /// How items expire.
    pub expiry: Expiry,
    /// What the stream holds of a change, when there is one.
    pub stream: Option<String>,
    /// Whether the table cannot be deleted.
    pub deletion_protection: bool,
}

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Key {
    /// The attribute.
    pub name: String,
    /// Its part in the key.
    pub role: Role,
    /// `S`, `N` or `B`.
    #[serde(rename = "type")]
    pub value_type: String,
}

/// What an attribute is in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Role {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `ACTIVE` when it can be queried, `CREATING` while it is filled.
    pub status: String,
    /// Its key.
    pub keys: Vec<Key>,
    /// What it holds beside the keys.
    pub projected: Projected,
}

/// What an index holds of an item, beside all keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Projected {
    /// Every attribute.
    All,
    /// These attributes, in order of the alphabet; none when it holds the keys alone.
    Only(Vec<String>),
}

/// How requests are paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
#[non_exhaustive]
pub enum Billing {
    /// For each request, at most so many units a second.
    PayPerRequest {
        /// Read request units.
        max_reads: Option<u64>,
        /// Write request units.
        max_writes: Option<u64>,
    },
    /// For capacity, whether used or not.
    Provisioned,
}

/// How items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Expiry {
    /// `ENABLED`, `ENABLING`, `DISABLING` or `DISABLED`.
    pub status: String,
    /// The attribute that holds the time.
    pub attribute: Option<String>,
}

impl Expiry {
    /// Whether items expire, or will once DynamoDB has begun with it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        matches!(self.status.as_str(), "ENABLED" | "ENABLING")
    }
}

/// `pk (HASH, S), sk (RANGE, S)`
pub(super) struct Listed<'a>(pub(super) &'a [Key]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Key { name, role, value_type }) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            let role = if *role == Role::Hash { "HASH" } else { "RANGE" };
            write!(f, "{comma}{name} ({role}, {value_type})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Projected {
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

/// What a person reads: a line for each fact, without an end of line after the last.
impl fmt::Display for Description {
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
        line("Keys", &Listed(&self.keys))?;
        for Index { name, status, keys, projected } in &self.indexes {
            let facts = format_args!("{}; projects {projected}; {status}", Listed(keys));
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

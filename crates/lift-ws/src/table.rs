//! Tables of an app's own, declared with [`App::table`](crate::App::table): beside the table of
//! connections, for data that outlives them.
//!
//! ```
//! use lift_ws::{App, table::{IndexSpec, Key, TableSpec}};
//!
//! let by_bidder = IndexSpec::new("by_bidder", Key::string("bidder")).project(&["price"]);
//! let prices = TableSpec::new("PRICES_TABLE", Key::string("item"))
//!     .index(by_bidder)
//!     .time_to_live("expires");
//! let description = App::new().table(prices).describe();
//! assert_eq!(description.tables[1].env, "PRICES_TABLE");
//! assert_eq!(description.tables[1].name.as_deref(), Some("prices"));
//! ```
//!
//! `lift dev` creates the declared tables and puts their names into the variables.
//! `lift table create --all` creates them on AWS.

use std::panic::Location;

use crate::{
    describe::{
        IndexDescription, KeyDescription, KeyType, LayoutDescription, Projection, TableDescription,
    },
    store::TABLE_VARIABLE,
};

pub use crate::describe::StreamView;

/// The name of the table of connections in the command `lift`. No other table can have it.
const CONNECTIONS: &str = "connections";

/// The end of a variable's name that is not part of the table's name.
const VARIABLE_SUFFIX: &str = "_table";

/// The shortest and the longest name of an index in DynamoDB.
const INDEX_NAME_LENGTHS: std::ops::RangeInclusive<usize> = 3..=255;

/// A table of an app's own: the variable that holds its name, its key and its indexes.
#[derive(Clone, Debug)]
#[must_use = "a table does nothing until it is added to an app"]
pub struct TableSpec {
    env: String,
    name: String,
    layout: LayoutDescription,
    location: &'static Location<'static>,
}

/// A global secondary index: another key, by which items can be queried. It lags behind the table.
#[derive(Clone, Debug)]
#[must_use = "an index does nothing until it is added to a table"]
pub struct IndexSpec(IndexDescription);

/// A key attribute: its name and the type of its values.
#[derive(Clone, Debug)]
pub struct Key(KeyDescription);

impl Key {
    /// A key whose values are strings.
    #[must_use]
    pub fn string(name: &str) -> Self {
        Self::new(name, KeyType::String)
    }

    /// A key whose values are numbers.
    #[must_use]
    pub fn number(name: &str) -> Self {
        Self::new(name, KeyType::Number)
    }

    /// A key whose values are bytes.
    #[must_use]
    pub fn binary(name: &str) -> Self {
        Self::new(name, KeyType::Binary)
    }

    fn new(name: &str, key_type: KeyType) -> Self {
        Self(KeyDescription { name: name.to_owned(), key_type })
    }
}

impl TableSpec {
    /// A table with a partition key. The environment variable `env`, such as `PRICES_TABLE`, holds
    /// its name on AWS and on this machine. The app requires it, as by
    /// [`require_env`](crate::App::require_env).
    ///
    /// # Panics
    /// When `env` is not the name of a variable of a Lambda function, and when it is `LIFT_TABLE` or
    /// `CONNECTIONS_TABLE`.
    #[track_caller]
    pub fn new(env: &str, partition_key: Key) -> Self {
        let is_name = env.starts_with(|c: char| c.is_ascii_alphabetic())
            && env.len() > 1
            && env.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        assert!(is_name, "`{env}` is not the name of an environment variable of a Lambda function");
        assert!(env != TABLE_VARIABLE, "`{TABLE_VARIABLE}` is the variable of Lift's own table");
        let lower = env.to_ascii_lowercase();
        let name = lower.strip_suffix(VARIABLE_SUFFIX).unwrap_or(&lower);
        let name = name.trim_matches('_').replace('_', "-");
        assert!(!name.is_empty(), "`{env}` names no table: call it for example `PRICES_TABLE`");
        assert!(name != CONNECTIONS, "Lift names its own table `{name}`: rename `{env}`");
        let layout = LayoutDescription {
            partition_key: partition_key.0,
            sort_key: None,
            indexes: Vec::new(),
            time_to_live: None,
            stream: None,
        };
        let table = Self { env: env.to_owned(), name, layout, location: Location::caller() };
        table.check();
        table
    }

    /// Adds a sort key: items with the same partition key are ordered by it.
    ///
    /// # Panics
    /// When it is the partition key, or has another type in an index.
    #[track_caller]
    pub fn sort_key(mut self, key: Key) -> Self {
        self.layout.sort_key = Some(key.0);
        self.check();
        self
    }

    /// Adds a global secondary index.
    ///
    /// # Panics
    /// When the table has an index of this name, or one of its keys has another type elsewhere in the
    /// table.
    #[track_caller]
    pub fn index(mut self, index: IndexSpec) -> Self {
        let IndexSpec(index) = index;
        let (env, name) = (&self.env, &index.name);
        let is_new = self.layout.indexes.iter().all(|other| other.name != *name);
        assert!(is_new, "the table of {env} has two indexes `{name}`");
        self.layout.indexes.push(index);
        self.check();
        self
    }

    /// Sets the attribute with the time at which an item expires: a number, in seconds since 1970.
    /// DynamoDB deletes the item within a few days after it, so reads must still compare.
    pub fn time_to_live(mut self, attribute: &str) -> Self {
        self.layout.time_to_live = Some(attribute.to_owned());
        self
    }

    /// Turns the table's stream on, with these images of changed items.
    pub fn stream(mut self, view: StreamView) -> Self {
        self.layout.stream = Some(view);
        self
    }

    pub(crate) fn describe(&self) -> TableDescription {
        TableDescription {
            kind: TableDescription::APP.to_owned(),
            env: self.env.clone(),
            name: Some(self.name.clone()),
            layout: Some(self.layout.clone()),
        }
    }

    /// Adds the table to an app's. Modules of an app may declare the same table.
    pub(crate) fn add_to(self, tables: &mut Vec<Self>) {
        let same = tables.iter().find(|one| one.env == self.env || one.name == self.name);
        let Some(same) = same else { return tables.push(self) };
        let is_equal = same.env == self.env && same.layout == self.layout;
        let (one, other) = (same.location, self.location);
        assert!(
            is_equal,
            "the table `{}` is declared in two ways: one given at {one}, the other at {other}",
            self.name
        );
    }

    /// Panics when the keys of the table and of its indexes contradict each other.
    #[track_caller]
    fn check(&self) {
        let LayoutDescription { partition_key, sort_key, indexes, .. } = &self.layout;
        let of_indexes = indexes.iter().map(|index| (&index.partition_key, &index.sort_key));
        let mut known: Vec<&KeyDescription> = Vec::new();
        for (partition, sort) in std::iter::once((partition_key, sort_key)).chain(of_indexes) {
            let is_twice = sort.as_ref().is_some_and(|sort| sort.name == partition.name);
            let name = &partition.name;
            assert!(!is_twice, "`{name}` cannot be both the partition key and the sort key");
            known.push(partition);
            known.extend(sort);
        }
        for key in &known {
            let name = &key.name;
            assert!(!name.is_empty(), "a key of the table of {} has no name", self.env);
            let same = known.iter().all(|one| one.name != *name || one.key_type == key.key_type);
            assert!(same, "the key `{name}` has two types in the table of {}", self.env);
        }
    }
}

impl IndexSpec {
    /// An index with a partition key. It holds the items that have the key, with all attributes.
    ///
    /// # Panics
    /// When DynamoDB takes no index of this name: it has 3 to 255 letters, digits, `_`, `-` and `.`.
    #[track_caller]
    pub fn new(name: &str, partition_key: Key) -> Self {
        let is_name = INDEX_NAME_LENGTHS.contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        assert!(is_name, "`{name}` is not the name of an index: use 3 to 255 of a-z A-Z 0-9 _ - .");
        Self(IndexDescription {
            name: name.to_owned(),
            partition_key: partition_key.0,
            sort_key: None,
            projected: Projection::All,
        })
    }

    /// Adds a sort key. The index then holds only items that have it, too.
    pub fn sort_key(mut self, key: Key) -> Self {
        self.0.sort_key = Some(key.0);
        self
    }

    /// Keeps only these attributes in the index, beside all keys: writes of the others then cost
    /// nothing there. An empty list keeps the keys alone.
    pub fn project(mut self, attributes: &[&str]) -> Self {
        let attributes = attributes.iter().map(|&name| name.to_owned()).collect();
        self.0.projected = Projection::Only(attributes);
        self
    }
}

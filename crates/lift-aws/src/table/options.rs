//! The options for a new table, and the request that they and the layout define.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::{
        create_table::builders::CreateTableFluentBuilder,
        update_table::builders::UpdateTableFluentBuilder,
    },
    types::{
        AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
        GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, OnDemandThroughput, Projection,
        ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, Tag,
    },
};

use super::{
    description::{Billing, KeyAttribute, KeyRole, Projection as Projected, TableDescription},
    difference::TableNote,
    layout::{Content, IndexLayout, Layout},
};

/// The options for a new table. The default has a stream, and no deletion protection, limits or
/// tags.
///
/// ```
/// use lift_aws::table::CreateOptions;
///
/// let options = CreateOptions::new().with_deletion_protection().with_max_writes(2_000);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct CreateOptions {
    pub(super) streams: bool,
    pub(super) updates: bool,
    deletion_protection: bool,
    max_reads: Option<u32>,
    max_writes: Option<u32>,
    tags: Vec<(String, String)>,
}

impl Default for CreateOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl CreateOptions {
    /// A table with a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            streams: true,
            updates: false,
            deletion_protection: false,
            max_reads: None,
            max_writes: None,
            tags: Vec::new(),
        }
    }

    /// No stream of the table of connections. On AWS a stream costs nothing until it is read. A table
    /// of an app's own has the stream that the app declares.
    #[must_use]
    pub fn without_streams(mut self) -> Self {
        self.streams = false;
        self
    }

    /// Also adds what an existing table lacks and DynamoDB can add: indexes, and the stream if it is
    /// off. An index of a table with many items takes minutes to fill, and write units.
    #[must_use]
    pub fn with_updates(mut self) -> Self {
        self.updates = true;
        self
    }

    /// Turns deletion protection on: the table cannot be deleted until it is turned off.
    #[must_use]
    pub fn with_deletion_protection(mut self) -> Self {
        self.deletion_protection = true;
        self
    }

    /// Limits reads to this many read request units a second, for the table and for each index.
    #[must_use]
    pub fn with_max_reads(mut self, units: u32) -> Self {
        self.max_reads = Some(units);
        self
    }

    /// Limits writes to this many write request units a second, for the table and for each index. A
    /// connection takes one of each when it opens, and again when it ends.
    #[must_use]
    pub fn with_max_writes(mut self, units: u32) -> Self {
        self.max_writes = Some(units);
        self
    }

    /// Adds a tag to the table, such as `team` with `chat`.
    #[must_use]
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// The request that creates a table of the layout with these options.
    pub(super) fn define(
        &self,
        create: CreateTableFluentBuilder,
        layout: &Layout,
    ) -> Result<CreateTableFluentBuilder, BuildError> {
        let tags =
            self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>()?;
        let has_stream = self.streams || layout.content == Content::App;
        let stream = layout.stream.as_deref().filter(|_| has_stream).map(stream).transpose()?;
        let indexes = layout.indexes.iter().map(|layout| self.index(layout));
        let indexes: Vec<_> = indexes.collect::<Result<_, _>>()?;
        let keys = layout.indexes.iter().flat_map(|index| &index.keys).chain(&layout.keys);
        Ok(create
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(&layout.keys)?))
            .set_attribute_definitions(Some(key_attributes(keys)?))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .set_stream_specification(stream)
            .deletion_protection_enabled(self.deletion_protection)
            .set_on_demand_throughput(self.limits())
            .set_tags((!tags.is_empty()).then_some(tags)))
    }

    fn index(&self, layout: &IndexLayout) -> Result<GlobalSecondaryIndex, BuildError> {
        GlobalSecondaryIndex::builder()
            .index_name(&layout.name)
            .set_key_schema(Some(key_schema(&layout.keys)?))
            .projection(projection(&layout.projected))
            .set_on_demand_throughput(self.limits())
            .build()
    }

    /// The request that adds an index to an existing table.
    pub(super) fn add_index(
        &self,
        update: UpdateTableFluentBuilder,
        layout: &IndexLayout,
        table: &Layout,
    ) -> Result<UpdateTableFluentBuilder, BuildError> {
        let index = CreateGlobalSecondaryIndexAction::builder()
            .index_name(&layout.name)
            .set_key_schema(Some(key_schema(&layout.keys)?))
            .projection(projection(&layout.projected))
            .set_on_demand_throughput(self.limits());
        let update_of_index = GlobalSecondaryIndexUpdate::builder().create(index.build()?).build();
        let keys = layout.keys.iter().chain(&table.keys);
        Ok(update
            .set_attribute_definitions(Some(key_attributes(keys)?))
            .global_secondary_index_updates(update_of_index))
    }

    fn limits(&self) -> Option<OnDemandThroughput> {
        let Self { max_reads, max_writes, .. } = self;
        (max_reads.is_some() || max_writes.is_some()).then(|| {
            OnDemandThroughput::builder()
                .set_max_read_request_units(max_reads.map(i64::from))
                .set_max_write_request_units(max_writes.map(i64::from))
                .build()
        })
    }

    /// The options that an existing table does not have.
    pub(super) fn missing_in(&self, live: &TableDescription) -> Vec<TableNote> {
        let mut missing = Vec::new();
        if self.deletion_protection && !live.deletion_protection {
            missing.push(TableNote::Unprotected);
        }
        let asked = |asked: Option<u32>, found: Option<u64>| {
            asked.is_none_or(|asked| found == Some(asked.into()))
        };
        let (max_reads, max_writes) = match live.billing {
            Billing::PayPerRequest { max_reads, max_writes } => (max_reads, max_writes),
            Billing::Provisioned => (None, None),
        };
        if !asked(self.max_reads, max_reads) || !asked(self.max_writes, max_writes) {
            missing.push(TableNote::Limits);
        }
        missing
    }
}

/// A stream of this view type.
pub(super) fn stream(view: &str) -> Result<StreamSpecification, BuildError> {
    let stream = StreamSpecification::builder().stream_enabled(true);
    stream.stream_view_type(StreamViewType::from(view)).build()
}

fn projection(projected: &Projected) -> Projection {
    let (kind, names) = match projected {
        Projected::All => (ProjectionType::All, None),
        Projected::Only(names) if names.is_empty() => (ProjectionType::KeysOnly, None),
        Projected::Only(names) => (ProjectionType::Include, Some(names.clone())),
    };
    Projection::builder().projection_type(kind).set_non_key_attributes(names).build()
}

fn key_schema(keys: &[KeyAttribute]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |key: &KeyAttribute| {
        let role = if key.role == KeyRole::Hash { KeyType::Hash } else { KeyType::Range };
        KeySchemaElement::builder().attribute_name(&key.name).key_type(role).build()
    };
    keys.iter().map(element).collect()
}

/// The definitions of the attributes, each once: an attribute can be in several keys.
fn key_attributes<'a>(
    keys: impl Iterator<Item = &'a KeyAttribute>,
) -> Result<Vec<AttributeDefinition>, BuildError> {
    let types: BTreeMap<_, _> = keys.map(|key| (&key.name, &*key.value_type)).collect();
    let define = |(name, value_type): (&String, &str)| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::from(value_type)).build()
    };
    types.into_iter().map(define).collect()
}

//! The options for a new table, and the request that they and the layout define.

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::create_table::builders::CreateTableFluentBuilder,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        OnDemandThroughput, Projection, ProjectionType, ScalarAttributeType, StreamSpecification,
        StreamViewType, Tag,
    },
};

use super::{
    description::{Billing, TableDescription},
    difference::TableNote,
    layout,
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
            deletion_protection: false,
            max_reads: None,
            max_writes: None,
            tags: Vec::new(),
        }
    }

    /// No stream. On AWS a stream costs nothing until it is read.
    #[must_use]
    pub fn without_streams(mut self) -> Self {
        self.streams = false;
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
    ) -> Result<CreateTableFluentBuilder, BuildError> {
        let tags =
            self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>()?;
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::from(layout::STREAM_VIEW))
            .build()?;
        let mut create = create
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(&layout::KEYS)?))
            .set_attribute_definitions(Some(key_attributes(&layout::KEYS)?))
            .set_stream_specification(self.streams.then_some(stream))
            .deletion_protection_enabled(self.deletion_protection)
            .set_on_demand_throughput(self.limits())
            .set_tags((!tags.is_empty()).then_some(tags));
        for index in &layout::INDEXES {
            for attribute in key_attributes(&index.keys)? {
                create = create.attribute_definitions(attribute);
            }
            let projected = index.projected.iter().map(|&name| name.to_owned()).collect();
            let projection = Projection::builder()
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(projected))
                .build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(&index.keys)?))
                .projection(projection)
                .set_on_demand_throughput(self.limits())
                .build()?;
            create = create.global_secondary_indexes(index);
        }
        Ok(create)
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

fn key_schema(keys: &layout::KeyLayout) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![element(keys.partition, KeyType::Hash)?, element(keys.sort, KeyType::Range)?])
}

fn key_attributes(keys: &layout::KeyLayout) -> Result<Vec<AttributeDefinition>, BuildError> {
    let string = ScalarAttributeType::S;
    let define = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(string.clone()).build()
    };
    keys.names().iter().map(|name| define(name)).collect()
}

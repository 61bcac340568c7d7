//! Creates the table, adds what it lacks, and turns its time to live on; deletes it.

use std::{fmt, time::Duration};

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::TimeToLiveSpecification};
use tokio::time::{Instant, sleep};

use super::{
    Table,
    check::TableCheck,
    description::TableDescription,
    difference::{TableDifference, TableNote},
    options::{CreateOptions, stream},
};
use crate::error::{Error, ErrorKind};

/// The time between two looks at a table that is changing.
const POLL: Duration = Duration::from_millis(500);

/// The longest wait. Creating a table with two indexes takes up to half a minute, rarely more.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// How many times to look whether another process turned time to live on.
const ATTEMPTS: u32 = 3;

/// The result of creating a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// Whether this call created the table; otherwise it existed.
    pub new: bool,
    /// What this call added to a table that existed, such as `the index by_bidder`.
    pub added: Vec<String>,
    /// Facts about the table, such as an option that an existing table does not have.
    pub notes: Vec<TableNote>,
}

/// The next step in the creation of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateStep {
    /// Asks DynamoDB for the table.
    Create,
    /// Waits until the table and its indexes are active.
    Wait,
    /// Adds an index, and waits until it is filled.
    AddIndex,
    /// Turns the stream on.
    Stream,
    /// Turns time to live on.
    Expire,
}

impl fmt::Display for CreateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "creating the table",
            Self::Wait => "waiting until it is active",
            Self::AddIndex => "adding an index and waiting until it is filled",
            Self::Stream => "turning the stream on",
            Self::Expire => "turning time to live on",
        })
    }
}

impl Table {
    /// Creates the table unless it exists, waits until it is active, and turns time to live on.
    /// Several processes may do this at the same time. In an existing table, nothing is changed but
    /// time to live, unless the options ask for [updates](CreateOptions::with_updates).
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses the request, when the table is not active within
    /// five minutes, and when it exists and does not fit ([`Error::is_other_layout`]): the message
    /// names the differences and their fixes.
    ///
    /// ```no_run
    /// use lift_aws::{AwsConfig, Table, table::CreateOptions};
    ///
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// let config = AwsConfig::from_env().await;
    /// let created = Table::new(&config, "chat-connections").create(&CreateOptions::new()).await?;
    /// println!("{}", if created.new { "created" } else { "it existed" });
    /// # Ok(()) }
    /// ```
    pub async fn create(&self, options: &CreateOptions) -> Result<Created, Error> {
        self.create_with_progress(options, |_| ()).await
    }

    /// Like [`create`](Self::create), and calls `progress` before each step.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub async fn create_with_progress(
        &self,
        options: &CreateOptions,
        mut progress: impl FnMut(CreateStep),
    ) -> Result<Created, Error> {
        let existing = self.find().await?;
        let mut new = false;
        if existing.is_none() {
            progress(CreateStep::Create);
            new = self.request_table(options).await?;
        }
        let mut live = match existing {
            Some(live) if has_final_status(&live) => live,
            _ => {
                progress(CreateStep::Wait);
                self.wait_until(has_final_status).await?
            }
        };
        let mut check = TableCheck::of(&live, &self.layout, false);
        let mut added = Vec::new();
        let is_addition = |difference: &TableDifference| match difference {
            TableDifference::ExpiryOff { .. } => true,
            TableDifference::MissingIndex { .. } | TableDifference::Stream { view: None, .. } => {
                options.updates
            }
            _ => false,
        };
        if !check.fits() && check.differences.iter().all(is_addition) {
            for difference in &check.differences {
                added.push(self.add(difference, options, &mut progress).await?);
            }
            live = self.describe().await?;
            check = TableCheck::of(&live, &self.layout, false);
            // The description may be older than the change.
            let is_old = |difference: &_| matches!(difference, TableDifference::ExpiryOff { .. });
            check.differences.retain(|difference| !is_old(difference));
        }
        if !check.fits() {
            let all: Vec<String> = check.differences.iter().map(ToString::to_string).collect();
            let message = format!("the table {} does not fit: {}", self.name, all.join("; "));
            return Err(Error::new(ErrorKind::OtherLayout, message));
        }
        let mut notes = check.notes;
        if !options.streams {
            notes.retain(|note| !matches!(note, TableNote::Stream { view: None, .. }));
        }
        if new {
            added.clear();
        } else {
            notes.extend(options.missing_in(&live));
        }
        Ok(Created { new, added, notes })
    }

    /// Adds what a difference says is missing, and returns its name.
    async fn add(
        &self,
        missing: &TableDifference,
        options: &CreateOptions,
        progress: &mut impl FnMut(CreateStep),
    ) -> Result<String, Error> {
        let update = self.client.update_table().table_name(&self.name);
        let (update, added) = match missing {
            TableDifference::MissingIndex { index, .. } => {
                progress(CreateStep::AddIndex);
                let layout = self.layout.indexes.iter().find(|layout| layout.name == *index);
                let update = layout.map(|one| options.add_index(update, one, &self.layout));
                (update, format!("the index {index}"))
            }
            TableDifference::Stream { needed, .. } => {
                progress(CreateStep::Stream);
                let stream = stream(needed).map(|stream| update.stream_specification(stream));
                (Some(stream), "the stream".to_owned())
            }
            TableDifference::ExpiryOff { needed } => {
                progress(CreateStep::Expire);
                self.turn_expiry_on(needed).await?;
                (None, "time to live".to_owned())
            }
            _ => (None, String::new()),
        };
        if let Some(update) = update {
            let update = update.map_err(|error| self.invalid_request(error))?;
            update.send().await.map_err(|error| self.failed("UpdateTable", error))?;
            // DynamoDB takes one change of a table at a time.
            self.wait_until(is_active).await?;
        }
        Ok(added)
    }

    /// Says whether this request created the table.
    async fn request_table(&self, options: &CreateOptions) -> Result<bool, Error> {
        let create =
            options.define(self.client.create_table().table_name(&self.name), &self.layout);
        let create = create.map_err(|error| self.invalid_request(error))?;
        match create.send().await {
            Ok(_) => Ok(true),
            // Another process has created it.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.failed("CreateTable", error)),
        }
    }

    async fn wait_until(
        &self,
        state: impl Fn(&TableDescription) -> bool,
    ) -> Result<TableDescription, Error> {
        let end = Instant::now() + MAX_WAIT;
        while Instant::now() < end {
            // `DescribeTable` may not know the table yet.
            if let Some(live) = self.find().await?.filter(&state) {
                return Ok(live);
            }
            sleep(POLL).await;
        }
        Err(self.not_in_time("active"))
    }

    async fn turn_expiry_on(&self, attribute: &str) -> Result<(), Error> {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute);
        let expiry = expiry.build().map_err(|error| self.invalid_request(error))?;
        let update = self.client.update_time_to_live().table_name(&self.name);
        let Err(error) = update.time_to_live_specification(expiry).send().await else {
            return Ok(());
        };
        // Another process may have turned it on, and a description may be older than that.
        if error.message().is_some_and(|text| text.ends_with("already enabled")) {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            if expires(&self.describe().await?, attribute) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(self.failed("UpdateTimeToLive", error))
    }

    /// Deletes the table and waits until it is gone.
    ///
    /// # Errors
    /// When the table does not exist, when deletion protection is on, when DynamoDB cannot be
    /// reached or refuses the request, and when the table is not gone within five minutes.
    pub async fn delete(&self) -> Result<(), Error> {
        let live = self.describe().await?;
        if live.deletion_protection {
            let message = format!(
                "the table {name} is protected from deletion: turn that off with `aws dynamodb \
                 update-table --table-name {name} --no-deletion-protection-enabled`",
                name = self.name
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        // Another process may have started the deletion.
        if live.status != "DELETING" {
            let deleted = self.client.delete_table().table_name(&self.name).send().await;
            deleted.map_err(|error| self.failed("DeleteTable", error))?;
        }
        let end = Instant::now() + MAX_WAIT;
        while self.find().await?.is_some() {
            if Instant::now() > end {
                return Err(self.not_in_time("gone"));
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    fn not_in_time(&self, state: &str) -> Error {
        let message = format!(
            "the table {} is not {state} after {} s: see what DynamoDB's console says",
            self.name,
            MAX_WAIT.as_secs()
        );
        Error::new(ErrorKind::Database, message)
    }
}

/// Whether neither the table nor an index is being created.
fn has_final_status(live: &TableDescription) -> bool {
    live.status != "CREATING" && live.indexes.iter().all(|index| index.status != "CREATING")
}

/// Whether the table and its indexes can be changed again.
fn is_active(live: &TableDescription) -> bool {
    live.status == "ACTIVE" && live.indexes.iter().all(|index| index.status == "ACTIVE")
}

fn expires(live: &TableDescription, attribute: &str) -> bool {
    live.expiry.is_on() && live.expiry.attribute.as_deref() == Some(attribute)
}

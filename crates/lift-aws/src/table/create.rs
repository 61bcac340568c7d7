//! Creates the table, waits until it can be used, and has its items expire.

use std::{fmt, time::Duration};

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::TimeToLiveSpecification};
use tokio::time::{Instant, sleep};

use super::{
    Table,
    check::Check,
    description::Description,
    difference::{Difference, Note},
    layout::EXPIRY,
    options::CreateOptions,
};
use crate::Error;

/// How often a table that changes is looked at.
pub(super) const POLL: Duration = Duration::from_millis(500);

/// How long at most. A table with two indexes takes up to half a minute, seldom more.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is looked whether somebody else turned time to live on.
const LOOKS: u32 = 3;

/// How the creation of a table went.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// Whether the table was missing.
    pub new: bool,
    /// What is worth knowing, such as an option that an existing table was left without.
    pub notes: Vec<Note>,
}

/// What the creation of a table is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Asks DynamoDB for the table.
    Create,
    /// Waits until the table and its indexes are active.
    Wait,
    /// Turns time to live on.
    Expire,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "creating the table",
            Self::Wait => "waiting until it is active",
            Self::Expire => "turning time to live on",
        })
    }
}

impl Table {
    /// Creates the table unless it exists, waits until it is active, and has its items expire.
    /// Several may do this at once. See [`create_with_progress`](Self::create_with_progress).
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses, when the table does not become active within
    /// five minutes, and when it exists and does not fit: the error says what differs, and how to
    /// mend it. An existing table is not changed, but for time to live that is off.
    ///
    /// ```no_run
    /// use lift_aws::{Table, table::CreateOptions};
    ///
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// let config = lift_aws::config().await;
    /// let created = Table::new(&config, "chat-connections").create(&CreateOptions::new()).await?;
    /// println!("{}", if created.new { "created" } else { "it existed" });
    /// # Ok(()) }
    /// ```
    pub async fn create(&self, options: &CreateOptions) -> Result<Created, Error> {
        self.create_with_progress(options, |_| ()).await
    }

    /// The same, and says before each step what it is.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub async fn create_with_progress(
        &self,
        options: &CreateOptions,
        mut progress: impl FnMut(Step),
    ) -> Result<Created, Error> {
        let existing = self.find().await?;
        let mut new = false;
        if existing.is_none() {
            progress(Step::Create);
            new = self.ask_for_it(options).await?;
        }
        let mut live = match existing {
            Some(live) if is_settled(&live) => live,
            _ => {
                progress(Step::Wait);
                self.wait_until_settled().await?
            }
        };
        let mut check = Check::of(&live, false);
        if check.differences == [Difference::ExpiryOff] {
            progress(Step::Expire);
            self.expire_items().await?;
            live = self.describe().await?;
            check = Check::of(&live, false);
            // This call's answer may be older than the change.
            check.differences.retain(|difference| *difference != Difference::ExpiryOff);
        }
        if !check.fits() {
            let all: Vec<String> = check.differences.iter().map(ToString::to_string).collect();
            let all = all.join("; ");
            return Err(Error::new(format!("the table {} does not fit: {all}", self.name)));
        }
        let mut notes = check.notes;
        if !options.streams {
            notes.retain(|note| !matches!(note, Note::Stream { view: None }));
        }
        if !new {
            notes.extend(options.missed_by(&live));
        }
        Ok(Created { new, notes })
    }

    /// Says whether it was this call that created it.
    async fn ask_for_it(&self, options: &CreateOptions) -> Result<bool, Error> {
        let create = options.define(self.client.create_table().table_name(&self.name));
        let create = create.map_err(|error| self.undefined(error))?;
        match create.send().await {
            Ok(_) => Ok(true),
            // Somebody else created it in the meantime.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.failed("CreateTable", error)),
        }
    }

    async fn wait_until_settled(&self) -> Result<Description, Error> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            // A description may be older than the table.
            if let Some(live) = self.find().await?.filter(is_settled) {
                return Ok(live);
            }
            sleep(POLL).await;
        }
        Err(Error::new(format!(
            "the table {} is not active after {} s: see what DynamoDB's console says of it",
            self.name,
            PATIENCE.as_secs()
        )))
    }

    async fn expire_items(&self) -> Result<(), Error> {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRY);
        let expiry = expiry.build().map_err(|error| self.undefined(error))?;
        let update = self.client.update_time_to_live().table_name(&self.name);
        let Err(error) = update.time_to_live_specification(expiry).send().await else {
            return Ok(());
        };
        // Somebody else may have turned it on in the meantime, and a description may be older.
        if error.message().is_some_and(|text| text.ends_with("already enabled")) {
            return Ok(());
        }
        for _ in 0..LOOKS {
            if expires(&self.describe().await?) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        Err(self.failed("UpdateTimeToLive", error))
    }
}

/// Whether nothing is being created any more.
fn is_settled(live: &Description) -> bool {
    live.status != "CREATING" && live.indexes.iter().all(|index| index.status != "CREATING")
}

fn expires(live: &Description) -> bool {
    live.expiry.is_on() && live.expiry.attribute.as_deref() == Some(EXPIRY)
}

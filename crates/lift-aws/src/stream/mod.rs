//! Connects and disconnects from the stream of the table of connections: for presence and metering,
//! which must not depend on whether a handler ran.
//!
//! The table's stream invokes a Lambda function with batches of item changes. [`decode`] turns them
//! into events of connections. The stream's view type must be `NEW_AND_OLD_IMAGES`, because a
//! tombstone does not have the user.
//!
//! ```no_run
//! use lift_aws::stream::{self, Change};
//! use serde_json::{Value, json};
//!
//! # async fn run() -> Result<(), lift_aws::Error> {
//! let app = lift_ws::App::new();
//! lift_aws::run_beside(app, async |batch: Value| -> Result<Value, lift_ws::Error> {
//!     for event in stream::decode(&batch) {
//!         let event = match event {
//!             Ok(event) => event,
//!             // With `ReportBatchItemFailures`, Lambda sends the batch again from here.
//!             Err(error) => {
//!                 let failed = json!({"itemIdentifier": error.sequence_number()});
//!                 return Ok(json!({"batchItemFailures": [failed]}));
//!             }
//!         };
//!         match (event.change, event.user) {
//!             (Change::Connected | Change::SignedIn, Some(user)) => println!("{user} is here"),
//!             (Change::Disconnected { lasted, .. }, Some(user)) => println!("{user}: {lasted:?}"),
//!             (Change::Lost, Some(user)) => println!("{user} was lost"),
//!             _ => {}
//!         }
//!     }
//!     Ok(json!({"batchItemFailures": []}))
//! })
//! .await
//! # }
//! ```
//!
//! Lambda may deliver a batch more than once. To count an event once, remember its
//! [`sequence_number`](StreamEvent::sequence_number), which is unique and grows for a connection.
//! With these two filters, the event source mapping does not invoke the function for items, for
//! META and for tombstones that expire:
//!
//! ```json
//! {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["CONNECTION"]}}}}
//! {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"ca": {"N": [{"exists": true}]}}}}
//! ```

mod record;

use std::{error, fmt, time::Duration};

use lift_ws::{ConnectionId, TenantId, UserId, event::Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::store::attributes::{CONNECTED_AT, ENDED_AT};
use record::{Image, Record};

/// A change of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamEvent {
    /// The change's number in the stream: digits, unique, and growing for one connection.
    pub sequence_number: String,
    /// The connection.
    pub id: ConnectionId,
    /// Its user.
    pub user: Option<UserId>,
    /// Its tenant.
    pub tenant: Option<TenantId>,
    /// When it opened.
    pub connected_at: Timestamp,
    /// What happened.
    pub change: Change,
}

/// The kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It was accepted.
    Connected,
    /// It was anonymous, and has a user now.
    SignedIn,
    /// It ended, or a post found that it had.
    Disconnected {
        /// When the end was stored.
        at: Timestamp,
        /// How long it was connected.
        lasted: Duration,
    },
    /// Its row expired, or was deleted by hand, and no event announced its end. That may have been
    /// up to 2 hours before.
    Lost,
}

/// Decodes the changes of a batch, in order. Other changes and records of other sources are left
/// out.
///
/// # Errors
/// For a record that DynamoDB and Lift do not write. The records before and after it are decoded.
pub fn decode(batch: &Value) -> impl Iterator<Item = Result<StreamEvent, StreamError>> + '_ {
    let records = batch["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    records.iter().filter(|record| record["eventSource"] == "aws:dynamodb").filter_map(|record| {
        let sequence = record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
        let failed = |reason: String| StreamError { sequence: sequence.clone(), reason };
        let record = match Record::deserialize(record) {
            Ok(record) => record,
            Err(error) => return Some(Err(failed(error.to_string()))),
        };
        event(record).map_err(failed).transpose()
    })
}

fn event(record: Record) -> Result<Option<StreamEvent>, String> {
    let Some(id) = record.connection() else { return Ok(None) };
    let (old, new) = record.images()?;
    let live = |image: Option<&Image>| image.is_some_and(Image::is_live);
    let (change, image) = match (old.filter(|old| old.is_live()), new) {
        (None, Some(new)) if new.is_live() => (Change::Connected, new),
        (Some(old), Some(new)) if live(Some(new)) => {
            if old.user().is_some() || new.user().is_none() {
                return Ok(None);
            }
            (Change::SignedIn, new)
        }
        (Some(old), Some(tombstone)) => {
            let at = tombstone.time(ENDED_AT)?;
            let lasted = at.since(old.time(CONNECTED_AT)?);
            (Change::Disconnected { at, lasted }, old)
        }
        (Some(old), None) => (Change::Lost, old),
        (None, _) => return Ok(None),
    };
    Ok(Some(StreamEvent {
        id,
        user: image.user().map(Into::into),
        tenant: image.tenant().map(Into::into),
        connected_at: image.time(CONNECTED_AT)?,
        change,
        sequence_number: record.into_sequence_number(),
    }))
}

/// Why a record of a stream could not be decoded.
#[derive(Debug)]
pub struct StreamError {
    sequence: Option<String>,
    reason: String,
}

impl StreamError {
    /// The record's sequence number, for a partial batch response; `None` if the record has none.
    #[must_use]
    pub fn sequence_number(&self) -> Option<&str> {
        self.sequence.as_deref()
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.sequence.as_deref().unwrap_or("without a number");
        write!(f, "the stream's record {number} cannot be read: {}", self.reason)
    }
}

impl error::Error for StreamError {}

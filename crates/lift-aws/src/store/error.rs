//! What a request to DynamoDB failed with, as the store sees it: a condition that was not met, an
//! index that is asked for too much, or nothing that can be helped here.

use aws_sdk_dynamodb::{
    Error,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::ThrottlingReason,
};
use lift_ws::store::StoreError;

use super::Item;

/// A partition of an index takes no more writes (DynamoDB developer guide, "Diagnosing throttling").
const HOT: &str = "IndexWriteKeyRangeThroughputExceeded";

const THROTTLES: [&str; 3] =
    ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];

/// Why a request failed.
pub(super) enum Failure {
    /// A condition was not met; with the item that stood there, if it was asked for.
    Refused(Option<Item>),
    /// A shard of a list takes no more writes: cut into more of them, it would.
    Hot(StoreError),
    Other(StoreError),
}

impl<E, R> From<SdkError<E, R>> for Failure
where
    Error: From<SdkError<E, R>>,
{
    fn from(error: SdkError<E, R>) -> Self {
        match Error::from(error) {
            Error::ConditionalCheckFailedException(refused) => Self::Refused(refused.item),
            error if is_hot(&error) => Self::Hot(told(error)),
            error => Self::Other(told(error)),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(_) => Self::failed("DynamoDB refused a condition that always holds"),
            Failure::Hot(error) | Failure::Other(error) => error,
        }
    }
}

fn is_hot(error: &Error) -> bool {
    let reasons = match error {
        Error::ProvisionedThroughputExceededException(error) => error.throttling_reasons(),
        Error::ThrottlingException(error) => error.throttling_reasons(),
        _ => return false,
    };
    let is_hot = |reason: &ThrottlingReason| {
        let of_lists = reason.resource().is_some_and(|index| index.ends_with("/index/gsi2"));
        of_lists && reason.reason() == Some(HOT)
    };
    reasons.iter().any(is_hot)
}

/// What DynamoDB says of a table that has not the keys or the indexes that a request names.
const OTHER_LAYOUT: [&str; 6] = [
    "specified index",
    "key element",
    "key schema",
    "Missing the key",
    "Type mismatch for",
    "does not project",
];

fn told(error: Error) -> StoreError {
    let code = error.code().unwrap_or_default();
    let said = error.message().unwrap_or_default();
    if code == "ValidationException" {
        if said.contains("starting key") || said.contains("restarted") {
            return StoreError::invalid(format!("the position is not of this part: {said}"));
        }
        if OTHER_LAYOUT.iter().any(|words| said.contains(words)) {
            return StoreError::failed(format!("{NOT_LIFTS}; DynamoDB says: {said}"));
        }
    }
    if code == "ResourceNotFoundException" {
        return StoreError::failed(format!(
            "there is no such table: `lift table create` makes it; DynamoDB says: {said}"
        ));
    }
    let is_throttled = THROTTLES.contains(&code);
    // The SDK's own text of an error says little; its context says what happened.
    let cause = DisplayErrorContext(error).to_string();
    if is_throttled { StoreError::throttled(cause) } else { StoreError::failed(cause) }
}

/// What to do about a table that is laid out in another way.
const NOT_LIFTS: &str = "the table is not laid out as this version of Lift needs it: `lift table \
                         check` tells what differs, and the migration guide (docs, \"migrate\") \
                         how to get there";

/// An item that this version of Lift did not write.
pub(super) fn foreign(what: &str) -> StoreError {
    StoreError::failed(format!("{NOT_LIFTS}; {what}"))
}

/// What is behind an error, for the log.
pub(super) fn cause(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

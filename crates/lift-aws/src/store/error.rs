//! Errors of DynamoDB requests, told apart as the store needs it: a condition that was not met, a
//! shard that takes no more writes, and all others.

use aws_sdk_dynamodb::{
    Error,
    error::{ProvideErrorMetadata, SdkError},
    types::ThrottlingReason,
};
use lift_ws::store::StoreError;

use super::attributes::{AttributeMap, LIST_INDEX};
use crate::causes::in_words;

/// A partition of an index takes no more writes (DynamoDB developer guide, "Diagnosing
/// throttling").
const HOT_PARTITION: &str = "IndexWriteKeyRangeThroughputExceeded";

const THROTTLING_CODES: [&str; 3] =
    ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];

/// What DynamoDB's messages contain when a table lacks the keys or indexes that a request names.
const OTHER_LAYOUT: [&str; 6] = [
    "specified index",
    "key element",
    "key schema",
    "Missing the key",
    "Type mismatch for",
    "does not project",
];

/// What to do about a table of another layout.
const OTHER_LAYOUT_FIX: &str = "the table does not have the layout that this version of Lift needs: \
                                `lift table check` shows the differences, and the migration guide \
                                (docs, \"migrate\") says what to do";

/// Why a request failed.
pub(super) enum RequestError {
    /// A condition was not met. Holds the stored item, if the request asked for it.
    ConditionFailed(Option<AttributeMap>),
    /// One shard of a list takes no more writes. With more shards, the list would.
    HotShard(StoreError),
    /// Any other failure.
    Store(StoreError),
}

impl<E, R> From<SdkError<E, R>> for RequestError
where
    Error: From<SdkError<E, R>>,
{
    fn from(error: SdkError<E, R>) -> Self {
        match Error::from(error) {
            Error::ConditionalCheckFailedException(failed) => Self::ConditionFailed(failed.item),
            error if is_hot_shard(&error) => Self::HotShard(store_error(error)),
            error => Self::Store(store_error(error)),
        }
    }
}

impl From<RequestError> for StoreError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::ConditionFailed(_) => {
                Self::failed("DynamoDB refused a condition that always holds")
            }
            RequestError::HotShard(error) | RequestError::Store(error) => error,
        }
    }
}

fn is_hot_shard(error: &Error) -> bool {
    let reasons = match error {
        Error::ProvisionedThroughputExceededException(error) => error.throttling_reasons(),
        Error::ThrottlingException(error) => error.throttling_reasons(),
        _ => return false,
    };
    let list_index = format!("/index/{LIST_INDEX}");
    let is_hot = |reason: &ThrottlingReason| {
        let is_list = reason.resource().is_some_and(|index| index.ends_with(&list_index));
        is_list && reason.reason() == Some(HOT_PARTITION)
    };
    reasons.iter().any(is_hot)
}

fn store_error(error: Error) -> StoreError {
    let code = error.code().unwrap_or_default();
    let message = error.message().unwrap_or_default();
    if code == "ValidationException" {
        if message.contains("starting key") || message.contains("restarted") {
            return StoreError::invalid(format!("the position is not of this part: {message}"));
        }
        if OTHER_LAYOUT.iter().any(|words| message.contains(words)) {
            return StoreError::failed(format!("{OTHER_LAYOUT_FIX}; DynamoDB says: {message}"));
        }
    }
    if code == "ResourceNotFoundException" {
        return StoreError::failed(format!(
            "there is no such table: `lift table create` creates it; DynamoDB says: {message}"
        ));
    }
    let is_throttled = THROTTLING_CODES.contains(&code);
    let is_denied = code == "AccessDeniedException";
    let cause = in_words(&error);
    if is_throttled {
        StoreError::throttled(cause)
    } else if is_denied {
        StoreError::denied(cause)
    } else {
        StoreError::failed(cause)
    }
}

/// The error for an item that this version of Lift did not write.
pub(super) fn other_layout(reason: &str) -> StoreError {
    StoreError::failed(format!("{OTHER_LAYOUT_FIX}; {reason}"))
}

/// The cause of an error in words, for the log.
pub(super) fn cause(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

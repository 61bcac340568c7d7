//! Why it failed, in one line that names the fix. The reason for one connection is asked for once more:
//! a report counts, and keeps no reasons.

use std::error::Error as _;

use anyhow::{Error, anyhow};
use lift_ws::{ConnectionId, PublishError, push::PushError, store::StoreError};

use super::target::Target;

/// What a send, a list or a count ended with.
pub(super) async fn of_send(target: &Target, error: &PublishError) -> Error {
    let Some(store) = error.source() else { return anyhow!("{error}") };
    let cause = store.source().map(ToString::to_string).unwrap_or_default();
    if store.downcast_ref::<StoreError>().is_some_and(StoreError::is_denied) {
        return anyhow!(
            "access denied: allow `dynamodb:Query`, `dynamodb:GetItem` and `dynamodb:UpdateItem` on \
             the table and its indexes. AWS says: {cause}"
        );
    }
    // Asked about, DynamoDB says what is wrong with the whole table, if it is that.
    if let Some(table) = &target.table
        && let Err(whole) = table.describe().await
    {
        return whole.into();
    }
    anyhow!("{error}: {store}: {cause}")
}

/// Why one of the connections that failed did.
pub(super) async fn of_one(target: &Target, failed: Option<&ConnectionId>) -> String {
    let again = "it may work now; --json prints their ids";
    let Some(failed) = failed else { return again.to_owned() };
    let Err(error) = target.publisher.info(failed.clone()).await else { return again.to_owned() };
    let Some(push) = error.source().and_then(|cause| cause.downcast_ref::<PushError>()) else {
        return format!("{error:#}");
    };
    let mut cause = push.source();
    // The last of the causes is the one that says what is wrong.
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let cause = cause.map(ToString::to_string).unwrap_or_default();
    let cause = cause.trim();
    if push.is_gone() {
        return again.to_owned();
    }
    if push.is_forbidden() {
        return format!(
            "posting is forbidden: check the stage, and allow \
             `execute-api:ManageConnections` on the API to these credentials; a `lift dev` with a \
             token wants it as AWS_SECRET_ACCESS_KEY. The gateway says: {cause}"
        );
    }
    if push.is_not_allowed() {
        return format!("{cause}: pass its URL as --endpoint, or its host as --allow");
    }
    if push.is_refused() {
        return format!("{push}. The gateway says: {cause}");
    }
    format!("{push}: {cause}; is the endpoint right, and does something listen there?")
}

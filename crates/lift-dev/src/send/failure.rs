//! Why a send failed, in one line that names the fix. A report has counts without reasons, so the reason
//! for one connection is found by one more request.

use std::error::Error as _;

use anyhow::{Error, anyhow};
use lift_ws::{ConnectionId, PublishError, push::PushError, store::StoreError};

use super::location::Location;

/// The error that ended a send, a list or a count.
pub(super) async fn of_send(location: &Location, error: &PublishError) -> Error {
    let Some(store) = error.source() else { return anyhow!("{error}") };
    let cause = store.source().map(ToString::to_string).unwrap_or_default();
    if store.downcast_ref::<StoreError>().is_some_and(StoreError::is_denied) {
        return anyhow!(
            "access denied: allow `dynamodb:Query`, `dynamodb:GetItem` and `dynamodb:UpdateItem` on \
             the table and its indexes. AWS says: {cause}"
        );
    }
    // If the whole table is the problem, DynamoDB says so when the table is described.
    if let Some(table) = &location.table
        && let Err(whole) = table.describe().await
    {
        return whole.into();
    }
    anyhow!("{error}: {store}: {cause}")
}

/// Why one of the failed connections failed.
pub(super) async fn of_one(location: &Location, failed: Option<&ConnectionId>) -> String {
    let retry = "it may work now; --json prints their ids";
    let Some(failed) = failed else { return retry.to_owned() };
    let Err(error) = location.publisher.info(failed.clone()).await else { return retry.to_owned() };
    let Some(push) = error.source().and_then(|cause| cause.downcast_ref::<PushError>()) else {
        return format!("{error:#}");
    };
    let mut cause = push.source();
    // The last cause says what is wrong.
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let cause = cause.map(ToString::to_string).unwrap_or_default();
    let cause = cause.trim();
    if push.is_gone() {
        return retry.to_owned();
    }
    if push.is_forbidden() {
        return format!(
            "posting is forbidden: check the stage, and allow \
             `execute-api:ManageConnections` on the API to these credentials; a `lift dev` with a \
             token needs it as AWS_SECRET_ACCESS_KEY. The gateway says: {cause}"
        );
    }
    if push.endpoint().is_some() {
        return format!("{cause}: pass its URL as --endpoint, or its host as --allow");
    }
    if push.is_refused() {
        return format!("{push}. The gateway says: {cause}");
    }
    format!("{push}: {cause}; is the endpoint right, and does something listen there?")
}

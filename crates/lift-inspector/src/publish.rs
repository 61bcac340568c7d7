//! Publishes a message to a user, a tenant, a group or everyone, and reports what became of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use lift_gateway::ServerHandle;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::PageError,
    operations::{Message, checked},
    rows::{PublishReport, Target},
    state::{Attached, InspectorState},
};

/// The most failures that a report names.
const MAX_FAILURES: usize = 20;

/// A message and its target.
#[derive(Debug, Deserialize)]
pub(crate) struct Publication {
    to: Target,
    #[serde(flatten)]
    message: Message,
}

/// Publishes, and returns the counts and the reasons of failures.
pub(crate) async fn publish(
    State(state): State<Arc<InspectorState>>,
    Json(Publication { to, message }): Json<Publication>,
) -> Result<Json<Value>, PageError> {
    let text = checked(message)?;
    let Attached { handle, rows, .. } = state.attached()?;
    let report = match (to, rows) {
        (Target::Everyone, _) => to_everyone(handle, &text),
        (to, Some(rows)) => rows.publish(to, text).await.map_err(|error| {
            PageError::new(StatusCode::BAD_GATEWAY, format!("not published: {error}"))
        })?,
        (_, None) => {
            let message = "this app stores no connections, so only `everyone` can be sent to";
            return Err(PageError::new(StatusCode::BAD_REQUEST, message));
        }
    };
    let PublishReport { sent, gone, failed, failures } = report;
    let failure = |(id, reason)| json!({ "id": id, "reason": state.mask.text(reason) });
    let failures: Vec<Value> =
        failures.iter().take(MAX_FAILURES).map(|(id, reason)| failure((id, reason))).collect();
    Ok(Json(json!({ "sent": sent, "gone": gone, "failed": failed, "failures": failures })))
}

/// Posts to all connections that are open now. The gateway knows them without the app's rows.
fn to_everyone(handle: &ServerHandle, text: &str) -> PublishReport {
    let mut report = PublishReport::default();
    for info in handle.connections() {
        match handle.post(info.id, text.to_owned().into()) {
            Ok(()) => report.sent += 1,
            Err(error) if error.is_gone() => report.gone += 1,
            Err(error) => {
                report.failed += 1;
                report.failures.push((info.id.to_string(), error.to_string()));
            }
        }
    }
    report
}

//! The groups that the open connections are in, with the number of members. Only the connections' items
//! name groups, so these are read when a page asks, of a limited number of connections.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::{
    error::PageError,
    state::{Attached, InspectorState},
};

/// The most connections whose items are read for one list.
const MAX_READS: usize = 500;

/// How many are read at the same time.
const CONCURRENCY: usize = 8;

/// The groups by tenant and name, with their members, and of how many connections they were not read.
pub(crate) async fn groups(
    State(state): State<Arc<InspectorState>>,
) -> Result<Json<Value>, PageError> {
    let Attached { handle, rows, .. } = state.attached()?;
    let Some(rows) = rows else {
        return Ok(Json(json!({ "managed": false, "groups": [], "unread": 0 })));
    };
    let open = handle.connections();
    let unread = open.len().saturating_sub(MAX_READS);
    let ids: Vec<_> = open.iter().take(MAX_READS).map(|info| info.id).collect();
    let read = async |id| (id, rows.stored(id).await.unwrap_or_default());
    let stored: Vec<_> = stream::iter(ids).map(read).buffer_unordered(CONCURRENCY).collect().await;
    let mut members: BTreeMap<(Option<String>, String), Vec<String>> = BTreeMap::new();
    for (id, stored) in stored {
        let tenant = stored.row.as_ref().and_then(|row| row["tenant"].as_str()).map(str::to_owned);
        for group in stored.items.into_iter().filter_map(|item| item.group) {
            let ids = members.entry((tenant.clone(), group)).or_default();
            // A connection can have several items in a group.
            if ids.last().map(String::as_str) != Some(id.as_str()) {
                ids.push(id.to_string());
            }
        }
    }
    let group = |((tenant, name), ids)| json!({ "tenant": tenant, "name": name, "members": ids });
    let groups: Vec<Value> = members.into_iter().map(group).collect();
    Ok(Json(json!({ "managed": true, "groups": groups, "unread": unread })))
}

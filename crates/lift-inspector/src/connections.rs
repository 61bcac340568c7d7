//! The open connections: a list of all, and one with its row and items.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use lift_gateway::ConnectionInfo;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    error::{PageError, connection_id},
    rows::{Identity, Stored, StoredItem},
    state::{Attached, InspectorState},
};

/// A connection in the list.
#[derive(Serialize)]
struct Line {
    id: String,
    ip: IpAddr,
    user: Option<String>,
    tenant: Option<String>,
    since: u64,
}

/// All connections, the oldest first, and how many have no identity yet.
pub(crate) async fn all(State(state): State<Arc<InspectorState>>) -> Result<Response, PageError> {
    let Attached { handle, rows, .. } = state.attached()?;
    let open = handle.connections();
    let (identities, unread) = state.identities.of(rows.as_ref(), &open).await;
    for (info, identity) in open.iter().zip(&identities) {
        state.users.learn(info.id, identity);
    }
    let line = |(info, who): (&ConnectionInfo, Identity)| Line {
        id: info.id.to_string(),
        ip: info.source_ip,
        user: who.user,
        tenant: who.tenant,
        since: info.connected_at.as_millis(),
    };
    let connections: Vec<Line> = open.iter().zip(identities).map(line).collect();
    Ok(Json(json!({ "connections": connections, "unread": unread })).into_response())
}

/// One connection with everything about it.
pub(crate) async fn one(
    State(state): State<Arc<InspectorState>>,
    Path(name): Path<String>,
) -> Result<Response, PageError> {
    let id = connection_id(&name)?;
    let Attached { handle, rows, .. } = state.attached()?;
    let open = handle.connections();
    let info = open.into_iter().find(|info| info.id == id).ok_or_else(PageError::gone)?;
    let Stored { row, items } = match rows {
        None => Stored::default(),
        Some(rows) => rows
            .stored(id)
            .await
            .map_err(|error| PageError::new(StatusCode::BAD_GATEWAY, format!("no row: {error}")))?,
    };
    // Not named `key`, because the mask hides a field of that name.
    let item =
        |StoredItem { key, group, value }| json!({ "name": key, "group": group, "value": value });
    let items: Vec<Value> = items.into_iter().map(item).collect();
    let all = json!({
        "id": info.id.as_str(),
        "ip": info.source_ip,
        "userAgent": info.user_agent,
        "host": info.host,
        "since": info.connected_at.as_millis(),
        "lastActive": info.last_active.as_millis(),
        "authorizer": info.authorizer,
        "managed": rows.is_some(),
        "row": row,
        "items": items,
    });
    let masked = state.mask.text(&all.to_string());
    Ok(([(http::header::CONTENT_TYPE, "application/json")], masked).into_response())
}

//! The open connections: all of them for the list, one with its row and items.

use std::net::IpAddr;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use lift_gateway::ConnectionInfo;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Hands, Inspector,
    failure::{Failure, id},
    rows::{Identity, Stored, StoredItem},
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

/// All, the oldest first, and how many of them have no identity yet.
pub(crate) async fn all(State(inspector): State<Inspector>) -> Result<Response, Failure> {
    let Hands { handle, rows } = inspector.hands()?;
    let open = handle.connections();
    let (identities, unread) = inspector.0.identities.of(rows.as_ref(), &open).await;
    let line = |(info, who): (&ConnectionInfo, Identity)| Line {
        id: info.id.to_string(),
        ip: info.source_ip,
        user: who.user,
        tenant: who.tenant,
        since: info.connected_at,
    };
    let connections: Vec<Line> = open.iter().zip(identities).map(line).collect();
    Ok(Json(json!({ "connections": connections, "unread": unread })).into_response())
}

/// One, with all that is known of it.
pub(crate) async fn one(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let id = id(&name)?;
    let Hands { handle, rows } = inspector.hands()?;
    let open = handle.connections();
    let info = open.into_iter().find(|info| info.id == id).ok_or_else(Failure::gone)?;
    let Stored { row, items } = match rows {
        None => Stored::default(),
        Some(rows) => rows
            .stored(id)
            .await
            .map_err(|error| Failure::new(StatusCode::BAD_GATEWAY, format!("no row: {error}")))?,
    };
    // Not by the name `key`, which the mask takes for a secret's.
    let item =
        |StoredItem { key, group, value }| json!({ "name": key, "group": group, "value": value });
    let items: Vec<Value> = items.into_iter().map(item).collect();
    let all = json!({
        "id": info.id.as_str(),
        "ip": info.source_ip,
        "userAgent": info.user_agent,
        "host": info.host,
        "since": info.connected_at,
        "lastActive": info.last_active,
        "authorizer": info.authorizer,
        "managed": rows.is_some(),
        "row": row,
        "items": items,
    });
    let masked = inspector.0.mask.text(&all.to_string());
    Ok(([(http::header::CONTENT_TYPE, "application/json")], masked).into_response())
}

//! The rows of the tables, page by page, masked. The server keeps where each page starts, because a start
//! is a key, and keys may be secret.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::PageError,
    rows::{TablePage, Tables},
    state::InspectorState,
};

/// The page that is asked for, from 0.
#[derive(Debug, Deserialize)]
pub(crate) struct PageNumber {
    #[serde(default)]
    page: usize,
}

/// The names of all tables.
pub(crate) async fn names(
    State(state): State<Arc<InspectorState>>,
) -> Result<Json<Value>, PageError> {
    let tables = state.attached()?.tables.as_ref().map(|tables| tables.names());
    Ok(Json(json!({ "tables": tables.unwrap_or_default() })))
}

/// A page of a table.
pub(crate) async fn rows(
    State(state): State<Arc<InspectorState>>,
    Path(table): Path<String>,
    Query(PageNumber { page }): Query<PageNumber>,
) -> Result<Response, PageError> {
    let not_found = |what: &str| PageError::new(StatusCode::NOT_FOUND, what.to_owned());
    let tables = state.attached()?.tables.as_ref().filter(|tables| tables.names().contains(&table));
    let tables: &Arc<dyn Tables> = tables.ok_or_else(|| not_found("no function has this table"))?;
    let start = match page.checked_sub(1) {
        None => None,
        Some(before) => {
            let start = state.starts.get(&table, before);
            Some(
                start
                    .ok_or_else(|| not_found("the table has no such page: read the one before"))?,
            )
        }
    };
    let read = tables.page(&table, start).await;
    let TablePage { keys, rows, next } = read.map_err(|error| {
        PageError::new(StatusCode::BAD_GATEWAY, format!("cannot read {table}: {error}"))
    })?;
    let more = next.is_some();
    if let Some(next) = next {
        state.starts.set(&table, page, next);
    }
    let rows = json!({ "keys": keys, "rows": rows, "page": page, "more": more });
    let masked = state.mask.text(&rows.to_string());
    Ok(([(header::CONTENT_TYPE, "application/json")], masked).into_response())
}

//! The floor: decode the event's needed fields and the body, encode the reply, without Lift.

use std::{borrow::Cow, hint::black_box};

use serde::{Deserialize, Serialize};

use crate::Said;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    request_context: Context<'a>,
    #[serde(borrow)]
    body: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Context<'a> {
    #[serde(borrow)]
    route_key: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    connection_id: Cow<'a, str>,
    #[serde(borrow)]
    stage: Cow<'a, str>,
    #[serde(borrow)]
    api_id: Cow<'a, str>,
    connected_at: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    body: String,
}

pub(crate) fn answer(payload: &[u8]) -> Vec<u8> {
    let event: Event<'_> = serde_json::from_slice(payload).unwrap();
    black_box(&event.request_context);
    let said: Said = serde_json::from_str(&event.body).unwrap();
    let body = serde_json::to_string(&said).unwrap();
    serde_json::to_vec(&Reply { status_code: 200, body }).unwrap()
}

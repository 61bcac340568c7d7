//! The app of the schedules, and the events of its connections.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use lift_ws::{
    Accept, App, Connection, ConnectionId, Error, Json, Publisher, State, UserId,
    extract::StoredConnection, store::Item,
};
use serde_json::{Value, json};

pub(super) const TENANT: &str = "general";

pub(super) const GROUP: &str = "tea";

/// The number of runs of the `$disconnect` handler for each connection.
pub(super) type Disconnects = Arc<Mutex<HashMap<ConnectionId, u32>>>;

pub(super) fn app(disconnects: Disconnects) -> App<Disconnects> {
    App::with_state(disconnects)
        .connect(async || Accept::user("ana").tenant(TENANT))
        .on_connected(joined)
        .disconnect(left)
        .route("say", say)
        .route("note", note)
        .route("join", join)
}

async fn joined(user: UserId, publish: Publisher) -> Result<(), Error> {
    let _ = publish.own_tenant().text(format!("{user} joined")).await?;
    Ok(())
}

async fn left(
    State(disconnects): State<Disconnects>,
    connection: Connection,
    publish: Publisher,
) -> Result<(), Error> {
    *disconnects.lock().expect("a lock").entry(connection.id().clone()).or_default() += 1;
    let _ = publish.own_tenant().text("left").await?;
    Ok(())
}

async fn say(publish: Publisher) -> Result<(), Error> {
    let _ = publish.own_tenant().text("hi").await?;
    let _ = publish.group(GROUP).text("hi").await?;
    Ok(())
}

async fn note(connection: StoredConnection, Json(note): Json<Value>) -> Result<(), Error> {
    connection.set_attributes(note).await
}

async fn join(connection: StoredConnection) -> Result<(), Error> {
    connection.put_item(&Item::in_group(GROUP)).await
}

/// An event of a connection, made from a real one.
pub(super) fn event(kind: Kind, id: &ConnectionId, connected_at: u64) -> Vec<u8> {
    let fixture = match kind {
        Kind::Connect => {
            include_str!("../../../../lift-event/fixtures/connect-browser-14-headers.json")
        }
        Kind::Disconnect => include_str!("../../../../lift-event/fixtures/disconnect-idle.json"),
        Kind::Say | Kind::Note | Kind::Join => {
            include_str!("../../../../lift-event/fixtures/message-json-body.json")
        }
    };
    let mut event: Value = serde_json::from_str(fixture).expect("JSON");
    let context = &mut event["requestContext"];
    context["connectionId"] = json!(id.as_str());
    context["connectedAt"] = json!(connected_at);
    let route = match kind {
        Kind::Connect | Kind::Disconnect => return event.to_string().into_bytes(),
        Kind::Say => "say",
        Kind::Note => "note",
        Kind::Join => "join",
    };
    event["requestContext"]["routeKey"] = json!(route);
    event["body"] = json!(json!({"action": route, "n": 1}).to_string());
    event.to_string().into_bytes()
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Say,
    Note,
    Join,
}

//! A chat in rooms. A room is a tenant, so a message stays in its room.
//!
//! Clients connect with `?name=ana&room=general` and send JSON such as
//! `{"action":"say","text":"hi"}`. They receive `ToClient` messages.

use std::collections::BTreeSet;

use lift_ws::{Accept, App, Error, Event, Json, Publisher, Query, Refuse, TenantId, UserId};
use serde::{Deserialize, Serialize};

/// The maximum length of a name and of a room, in bytes.
const MAX_NAME: usize = 64;

/// The maximum length of a text, in characters.
const MAX_TEXT: usize = 2_000;

/// The app: one async function for each kind of message.
pub fn app() -> App {
    App::new()
        .connect(connect)
        .on_connected(joined)
        .disconnect(left)
        .route("say", say)
        .route("who", who)
        .keepalive("ping")
        .default_route(unknown)
}

/// The query of the handshake.
#[derive(Debug, Deserialize)]
struct Hello {
    #[serde(default)]
    name: String,
    #[serde(default)]
    room: String,
}

/// The message of the route `say`.
#[derive(Debug, Deserialize)]
struct Say {
    text: Line,
}

/// A text of at most 2,000 characters.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Line(String);

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().count() {
            0..=MAX_TEXT => Ok(Self(text)),
            long => Err(format!("has {long} characters; {MAX_TEXT} is the limit")),
        }
    }
}

/// What a client receives.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToClient {
    /// A message from a user; `at` is in milliseconds since 1970.
    Message { room: TenantId, user: UserId, text: String, at: u64 },
    /// The users in the room, each once.
    Members { room: TenantId, users: BTreeSet<UserId> },
    /// A connection of a user opened.
    Joined { user: UserId },
    /// A connection of a user ended.
    Left { user: UserId },
}

async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Refuse> {
    if hello.name.is_empty() {
        return Err(Refuse::unauthorized("name is required"));
    }
    if hello.room.is_empty() {
        return Err(Refuse::bad_request("room is required"));
    }
    if hello.name.len() > MAX_NAME || hello.room.len() > MAX_NAME {
        return Err(Refuse::bad_request("name and room have at most 64 bytes each"));
    }
    Ok(Accept::user(hello.name).tenant(hello.room))
}

async fn joined(user: UserId, publish: Publisher) -> Result<(), Error> {
    // A failed post concerns another client: it must not refuse the new one.
    publish.own_tenant().json(&ToClient::Joined { user }).await?;
    Ok(())
}

async fn left(user: UserId, publish: Publisher) -> Result<(), Error> {
    publish.own_tenant().json(&ToClient::Left { user }).await?;
    Ok(())
}

async fn say(
    user: UserId,
    room: TenantId,
    publish: Publisher,
    event: Event,
    Json(Say { text }): Json<Say>,
) -> Result<(), Error> {
    let at = event.request_time_epoch().as_millis();
    let message = ToClient::Message { room, user, text: text.0, at };
    publish.own_tenant().json(&message).await?;
    Ok(())
}

async fn who(room: TenantId, publish: Publisher) -> Result<Json<ToClient>, Error> {
    let mut users = BTreeSet::new();
    let mut members = publish.own_tenant().members();
    while let Some(member) = members.next().await {
        users.extend(member?.user);
    }
    Ok(Json(ToClient::Members { room, users }))
}

async fn unknown() -> Error {
    Error::new("unknown_action", "The action must be one of say, who and ping")
}

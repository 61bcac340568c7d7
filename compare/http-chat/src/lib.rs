//! The chat of `examples/chat` in the HTTP-style form: a request in, a response out.

use std::collections::BTreeSet;

use lift_ws::{
    App, Error, TenantId, UserId,
    http::{Request, Response},
};
use serde::{Deserialize, Serialize};

/// The longest name and room, in bytes.
const MAX_NAME: usize = 64;

/// The longest text, in characters.
const MAX_TEXT: usize = 2_000;

/// The app: one async function for each method and path.
pub fn app() -> App {
    App::new()
        .handle("CONNECT", "/connect", connect)
        .on_connected(joined)
        .handle("DISCONNECT", "/disconnect", left)
        .handle("MESSAGE", "/say", say)
        .handle("MESSAGE", "/who", who)
        .keepalive("ping")
        .handle("MESSAGE", "/message", unknown)
}

/// A message of a client.
#[derive(Debug, Deserialize)]
struct Say {
    text: MessageText,
}

/// A text of at most 2,000 characters.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct MessageText(String);

impl TryFrom<String> for MessageText {
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
    /// A message of a user; `at` is in milliseconds since 1970.
    Message { room: TenantId, user: UserId, text: String, at: u64 },
    /// The users in the room, each once.
    Members { room: TenantId, users: BTreeSet<UserId> },
    /// A connection of a user opened.
    Joined { user: UserId },
    /// A connection of a user ended.
    Left { user: UserId },
}

async fn connect(request: Request) -> Result<Response, Error> {
    let name = request.query("name")?.unwrap_or_default();
    let room = request.query("room")?.unwrap_or_default();
    if name.is_empty() {
        return Ok(Response::new(401));
    }
    if room.is_empty() || name.len() > MAX_NAME || room.len() > MAX_NAME {
        return Ok(Response::new(400));
    }
    Ok(Response::ok().user(name).tenant(room))
}

async fn joined(request: Request) -> Result<(), Error> {
    let (user, _) = identity(&request).await?;
    let _ = request.publisher().await?.own_tenant().json(&ToClient::Joined { user }).await?;
    Ok(())
}

async fn left(request: Request) -> Result<Response, Error> {
    let (user, _) = identity(&request).await?;
    let _ = request.publisher().await?.own_tenant().json(&ToClient::Left { user }).await?;
    Ok(Response::ok())
}

async fn say(request: Request) -> Result<Response, Error> {
    let (user, room) = identity(&request).await?;
    let Say { text } = request.json().await?;
    let at = request.event().request_time_epoch().as_millis();
    let message = ToClient::Message { room, user, text: text.0, at };
    let _ = request.publisher().await?.own_tenant().json(&message).await?;
    Ok(Response::ok())
}

async fn who(request: Request) -> Result<Response, Error> {
    let (_, room) = identity(&request).await?;
    let publish = request.publisher().await?;
    let mut users = BTreeSet::new();
    let mut members = publish.own_tenant().members();
    while let Some(member) = members.next().await {
        users.extend(member?.user);
    }
    Response::ok().json(&ToClient::Members { room, users })
}

async fn unknown(_: Request) -> Result<Response, Error> {
    Err(Error::new("unknown_action", "The action must be one of say, who and ping"))
}

/// Returns the user and the room of a request's connection.
async fn identity(request: &Request) -> Result<(UserId, TenantId), Error> {
    let connection = request.connection().await?;
    let identity = connection.user().cloned().zip(connection.tenant().cloned());
    identity.ok_or_else(|| Error::new("not_connected", "This connection is not known"))
}

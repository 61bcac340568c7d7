//! An app with rooms. [`Rooms`] implements them on Lift's public API; this file has the handlers.
//!
//! Clients connect with `?name=ana` and send `{"action":"join","room":"tea"}`,
//! `{"action":"say","room":"tea","text":"hi"}`, `{"action":"leave","room":"tea"}` and
//! `{"action":"rooms"}`.

mod rooms;

use lift_ws::{Accept, App, Error, Json, Query, Refuse, UserId};
use serde::{Deserialize, Serialize};

pub use rooms::Rooms;

/// The app.
pub fn app() -> App {
    App::new()
        .connect(connect)
        .disconnect(ended)
        .route("join", join)
        .route("leave", leave)
        .route("say", say)
        .route("rooms", rooms)
        .keepalive("ping")
}

#[derive(Debug, Deserialize)]
struct Hello {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Room {
    room: String,
}

#[derive(Debug, Deserialize)]
struct Say {
    room: String,
    text: String,
}

/// What a client receives.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToClient<'a> {
    Joined { room: &'a str, user: &'a UserId },
    Left { room: &'a str, user: &'a UserId },
    Message { room: &'a str, user: &'a UserId, text: &'a str },
    Rooms { rooms: Vec<String> },
}

async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Refuse> {
    match hello.name.as_str() {
        "" => Err(Refuse::unauthorized("name is required")),
        name => Ok(Accept::user(name)),
    }
}

async fn join(rooms: Rooms, user: UserId, Json(Room { room }): Json<Room>) -> Result<(), Error> {
    rooms.join(&room).await?;
    rooms.send(&room, &ToClient::Joined { room: &room, user: &user }).await
}

async fn leave(rooms: Rooms, user: UserId, Json(Room { room }): Json<Room>) -> Result<(), Error> {
    rooms.send(&room, &ToClient::Left { room: &room, user: &user }).await?;
    rooms.leave(&room).await
}

async fn say(rooms: Rooms, user: UserId, Json(say): Json<Say>) -> Result<(), Error> {
    let message = ToClient::Message { room: &say.room, user: &user, text: &say.text };
    rooms.send(&say.room, &message).await
}

async fn rooms(rooms: Rooms) -> Result<Json<ToClient<'static>>, Error> {
    Ok(Json(ToClient::Rooms { rooms: rooms.joined().await? }))
}

async fn ended(rooms: Rooms, user: UserId) -> Result<(), Error> {
    for room in rooms.joined().await? {
        rooms.tell(&room, &ToClient::Left { room: &room, user: &user }).await?;
    }
    Ok(())
}

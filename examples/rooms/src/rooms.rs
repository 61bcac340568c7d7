//! Rooms: a connection joins as many as it likes, and sends to those that it is in.
//!
//! A room is a group of the store; being in it is an item beside the connection, which ends with
//! it. All of this is `lift_ws`'s public API: an extractor of one's own, items, groups.

use lift_ws::{
    Call, Connection, Error, FromCall, Publisher, Stored, StoredConnection, store::Item,
};
use serde::Serialize;

/// The longest name of a room, in bytes.
const MAX_NAME: usize = 64;

/// The most rooms that one connection is in.
const MAX_ROOMS: usize = 20;

/// The rooms of the connection that a handler serves. As an argument of a handler it reads nothing.
#[derive(Debug)]
pub struct Rooms {
    connection: Connection,
    stored: StoredConnection,
    publish: Publisher,
}

impl<K: Stored, S: Sync> FromCall<K, S> for Rooms {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        type Parts = (Connection, StoredConnection, Publisher);
        let parts = <Parts as FromCall<K, S>>::from_call(call, state).await?;
        let (connection, stored, publish) = parts;
        Ok(Self { connection, stored, publish })
    }
}

impl Rooms {
    /// The rooms that the connection is in; on `$disconnect`, those that it was in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn joined(&self) -> Result<Vec<String>, Error> {
        Ok(self.stored.items().await?.into_iter().map(|item| item.key).collect())
    }

    /// Joins a room. Joining twice is the same as once.
    ///
    /// # Errors
    /// `bad_room` when the name is empty or over 64 bytes; `too_many_rooms` over 20; or the store's.
    pub async fn join(&self, room: &str) -> Result<(), Error> {
        if room.is_empty() || room.len() > MAX_NAME {
            return Err(Error::new("bad_room", format!("A room has 1 to {MAX_NAME} bytes")));
        }
        let joined = self.joined().await?;
        if joined.len() >= MAX_ROOMS && !joined.iter().any(|name| name == room) {
            return Err(Error::new("too_many_rooms", format!("{MAX_ROOMS} rooms are the limit")));
        }
        self.stored.put_item(&Item::in_group(room)).await
    }

    /// Leaves a room, if the connection is in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(&self, room: &str) -> Result<(), Error> {
        self.stored.remove_item(room).await
    }

    /// Sends to everyone in a room, the sender included.
    ///
    /// # Errors
    /// `not_in_room` when the sender is not in it; or the store's.
    pub async fn send(&self, room: &str, message: &impl Serialize) -> Result<(), Error> {
        if !self.joined().await?.iter().any(|name| name == room) {
            return Err(Error::new("not_in_room", "Join the room first").with_status(403));
        }
        // Lists may lag: who has just joined hears itself all the same.
        let _ = self.publish.sender().json(message).await?;
        self.tell(room, message).await
    }

    /// Sends to everyone else in a room.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell(&self, room: &str, message: &impl Serialize) -> Result<(), Error> {
        let others = self.publish.group(room).all_but(self.connection.id());
        let _ = others.json(message).await?;
        Ok(())
    }
}

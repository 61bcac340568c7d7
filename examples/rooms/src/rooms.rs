//! Rooms: a connection can join several rooms, and sends to those that it has joined.
//!
//! A room is a group of the store. A connection joins it by storing an item in the group; Lift
//! removes the item when the connection ends. This uses only the public API of `lift_ws`: a custom
//! extractor, items, groups.

use lift_ws::{
    Call, Connection, Error, Publisher,
    extract::{FromCall, StoredConnection},
    kind::HasConnection,
    store::Item,
};
use serde::Serialize;

/// The longest name of a room, in bytes.
const MAX_NAME: usize = 64;

/// How many rooms one connection can join.
const MAX_ROOMS: usize = 20;

/// The rooms of the connection whose event is handled. Extracting it reads nothing.
#[derive(Debug)]
pub struct Rooms {
    connection: Connection,
    stored: StoredConnection,
    publish: Publisher,
}

impl<K: HasConnection, S: Sync> FromCall<K, S> for Rooms {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        type Parts = (Connection, StoredConnection, Publisher);
        let parts = <Parts as FromCall<K, S>>::from_call(call, state).await?;
        let (connection, stored, publish) = parts;
        Ok(Self { connection, stored, publish })
    }
}

impl Rooms {
    /// The rooms that the connection has joined; on `$disconnect`, those that it had joined.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn joined(&self) -> Result<Vec<String>, Error> {
        Ok(self.stored.items().await?.into_iter().map(|item| item.key).collect())
    }

    /// Joins a room. Joining it again has no effect.
    ///
    /// # Errors
    /// `bad_room` if the name is empty or longer than 64 bytes, `too_many_rooms` for more than 20
    /// rooms, or the store's error.
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

    /// Sends to all connections in a room, including the sender.
    ///
    /// # Errors
    /// `not_in_room` if the sender has not joined the room, or the store's error.
    pub async fn send(&self, room: &str, message: &impl Serialize) -> Result<(), Error> {
        if !self.joined().await?.iter().any(|name| name == room) {
            return Err(Error::new("not_in_room", "Join the room first").with_status(403));
        }
        // Lists can lag: a connection that has just joined gets its own message even so.
        self.publish.sender().json(message).await?;
        self.tell(room, message).await
    }

    /// Sends to all other connections in a room.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell(&self, room: &str, message: &impl Serialize) -> Result<(), Error> {
        let others = self.publish.group(room).except(self.connection.id());
        others.json(message).await?;
        Ok(())
    }
}

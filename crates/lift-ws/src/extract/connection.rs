//! The stored connection of a call, and the publisher that is bound to it. Neither reads anything
//! when this process knows the connection.

use crate::{Call, Connection, Error, FromCall, Publisher, kind::Stored};

impl<K: Stored, S: Sync> FromCall<K, S> for Connection {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        call.connection().await
    }
}

impl<K: Stored, S: Sync> FromCall<K, S> for Publisher {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Publisher::within(call, call.connection().await?))
    }
}

//! The stored connection of a call, its user and tenant, and the publisher that is bound to it. They cost no
//! read when the process has the connection in its cache.

use crate::{
    Call, Connection, ConnectionId, Error, Publisher, TenantId, UserId,
    extract::FromCall,
    kind::{CallKind, HasConnection},
};

impl<K: HasConnection, S: Sync> FromCall<K, S> for Connection {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        call.connection().await
    }
}

impl<K: HasConnection, S: Sync> FromCall<K, S> for Publisher {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Publisher::of_call(call, call.connection().await?))
    }
}

/// The user of the connection. Fails with `no_user` (401) on an anonymous connection.
impl<K: HasConnection, S: Sync> FromCall<K, S> for UserId {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let user = call.connection().await?.user().cloned();
        user.ok_or_else(|| Error::new("no_user", "Sign in first").with_status(401))
    }
}

/// The tenant of the connection. Fails with `no_tenant` (403) on a connection without one.
impl<K: HasConnection, S: Sync> FromCall<K, S> for TenantId {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let tenant = call.connection().await?.tenant().cloned();
        tenant.ok_or_else(|| Error::new("no_tenant", "This needs a tenant").with_status(403))
    }
}

/// The connection's id. Never fails.
impl<K: CallKind, S: Sync> FromCall<K, S> for ConnectionId {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(call.connection_id())
    }
}

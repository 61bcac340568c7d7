//! The stored identity of a connection, as handlers see it.

use std::sync::Arc;

use lift_event::Timestamp;

use crate::{
    ConnectionId, TenantId, UserId,
    push::Endpoint,
    store::{Member, Row},
};

/// The stored connection that a handler serves. It never changes once it has a user, so it is cached,
/// and a message usually costs no read.
///
/// Extracting it fails with `not_connected` when the connection is not stored. A handler that needs
/// only the user or the tenant takes [`UserId`] or [`TenantId`].
///
/// ```
/// use lift_ws::{App, Connection};
///
/// async fn me(who: Connection) -> String {
///     match who.user() {
///         Some(user) => format!("{user}, since {}", who.connected_at()),
///         None => "anonymous".to_owned(),
///     }
/// }
/// # let _ = App::new().route("me", me);
/// ```
#[derive(Clone, Debug)]
pub struct Connection(pub(crate) Arc<Row>);

impl Connection {
    /// The connection's id.
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.0.id
    }

    /// The connection's user; `None` when it is anonymous.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.0.user.as_ref()
    }

    /// The connection's tenant, if it has one.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.0.tenant.as_ref()
    }

    /// The `@connections` endpoint that reaches this connection.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// When the connection opened.
    #[must_use]
    pub fn connected_at(&self) -> Timestamp {
        self.0.connected_at
    }

    /// The connection as a list returns it.
    pub(crate) fn member(&self) -> Member {
        Member {
            id: self.id().clone(),
            user: self.user().cloned(),
            endpoint: self.endpoint().clone(),
        }
    }
}

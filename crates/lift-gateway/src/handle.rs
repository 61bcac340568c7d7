//! A handle to a running gateway, for tools such as an inspector: it lists connections and acts on
//! them.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    ConnectionInfo, Id, Outcome, Routes,
    connection::{Connection, MessageSlot, PostError},
    gateway::Gateway,
    message::InboundMessage,
};

/// A handle to a running [`Server`](crate::Server). Clones refer to the same server.
#[derive(Clone)]
pub struct ServerHandle(Arc<Gateway>);

/// Why a call of a [`ServerHandle`] did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct HandleError(HandleErrorKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum HandleErrorKind {
    #[error("the connection is gone")]
    Gone,
    #[error("the connection's queue is full")]
    Full,
}

impl HandleError {
    const GONE: Self = Self(HandleErrorKind::Gone);
    const FULL: Self = Self(HandleErrorKind::Full);

    /// Whether there is no open connection with this id.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0 == HandleErrorKind::Gone
    }

    /// Whether the connection's queue to the client or to the function is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0 == HandleErrorKind::Full
    }
}

impl ServerHandle {
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        Self(gateway)
    }

    /// The open connections, the oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        let open = self.0.connections.all();
        let mut all: Vec<_> = open.iter().map(|connection| connection.info()).collect();
        all.sort_by_key(|info| info.connected_at);
        all
    }

    /// Replaces the routes for all events from now on. Connections stay open.
    pub fn deploy(&self, routes: Routes) {
        self.0.deploy(routes);
    }

    /// Sends a message to a client, as a POST to `@connections` does.
    ///
    /// # Errors
    /// When the connection is gone, or the client reads too slowly.
    pub fn post(&self, id: Id, data: Bytes) -> Result<(), HandleError> {
        self.connection(id)?.post(data).map_err(|refused| match refused {
            PostError::Gone => HandleError::GONE,
            PostError::Full => HandleError::FULL,
        })
    }

    /// Handles a message as if the client had sent it. It does not wait for earlier messages, even with
    /// [`MessageOrder::Serial`](crate::MessageOrder::Serial).
    ///
    /// # Errors
    /// When the connection is gone, or [`Limits::in_flight`](crate::Limits::in_flight) of its messages are
    /// with the function.
    pub fn receive(&self, id: Id, text: &str) -> Result<(), HandleError> {
        let connection = self.connection(id)?;
        let slot = MessageSlot::try_acquire(&connection).ok_or(HandleError::FULL)?;
        let message = InboundMessage::Text(text.into());
        connection.received(&message);
        self.0.work.spawn(self.0.clone().message(connection, message, slot));
        Ok(())
    }

    /// Closes a connection, as a DELETE to `@connections` does.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn disconnect(&self, id: Id) -> Result<(), HandleError> {
        self.0.connections.close(id).then_some(()).ok_or(HandleError::GONE)
    }

    /// Moves the clock of one connection forward. Its idle time and its age grow by `by`, and it is closed
    /// if they are above the limit.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn advance(&self, id: Id, by: Duration) -> Result<(), HandleError> {
        self.connection(id)?.clock.advance(by);
        Ok(())
    }

    /// Invokes the function of a route with an event, recorded or made up. Only the caller gets the reply.
    pub async fn invoke(&self, route: &str, payload: Bytes) -> Outcome {
        self.0.run(Id::random(), route, payload).await
    }

    fn connection(&self, id: Id) -> Result<Arc<Connection>, HandleError> {
        self.0.connections.get(id).ok_or(HandleError::GONE)
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerHandle")
    }
}

//! The events of a gateway, for a terminal, an inspector or a recording. An observer sees what happens
//! and cannot change it.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use lift_event::Timestamp;
use serde_json::value::RawValue;

use crate::{Id, InvokeError, OutcomeError};

/// The tracing target of the warnings that only repeat what an [`Observer`] gets: failed invocations, malformed
/// replies, timeouts. A program that shows the events can filter these warnings out.
pub const EVENT_LOG_TARGET: &str = "lift_gateway::events";

/// Receives the events of a gateway. The default observer ignores them, at the cost of one comparison
/// per event.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(GatewayEvent) + Send + Sync>>);

impl Observer {
    /// Calls a function for each event, in the order of the events of one connection. The function runs
    /// in the gateway's tasks, so it must not block: let it put the event into a queue.
    ///
    /// ```
    /// use lift_gateway::{Settings, Observer, GatewayEventKind};
    ///
    /// let observer = Observer::new(|event| {
    ///     if let GatewayEventKind::Closed { code, .. } = event.kind {
    ///         println!("{} closed with {code}", event.connection);
    ///     }
    /// });
    /// let settings = Settings { observer, ..Settings::default() };
    /// # drop(settings);
    /// ```
    #[must_use]
    pub fn new(callback: impl Fn(GatewayEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    /// Whether a function receives the events.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Passes on an event. `kind` runs only if a function receives it.
    pub(crate) fn notify(&self, connection: Id, kind: impl FnOnce() -> GatewayEventKind) {
        if let Some(callback) = &self.0 {
            callback(GatewayEvent { connection, kind: kind() });
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_on() { "Observer(on)" } else { "Observer(off)" })
    }
}

/// An event of one connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GatewayEvent {
    /// The connection. A client that is refused has an id, too.
    pub connection: Id,
    /// What happened.
    pub kind: GatewayEventKind,
}

impl GatewayEvent {
    /// An event of a connection, for tests of observers.
    #[must_use]
    pub fn new(connection: Id, kind: GatewayEventKind) -> Self {
        Self { connection, kind }
    }
}

/// What happened to a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GatewayEventKind {
    /// A function is invoked for the connection.
    Invoked {
        /// The id of the invocation, also in [`Answered`](Self::Answered).
        invocation: Id,
        /// The route key; `None` for the authorizer.
        route: Option<String>,
        /// The event, as the function gets it.
        payload: Bytes,
    },
    /// The function replied or failed, perhaps after the client got a timeout error.
    Answered {
        /// The invocation.
        invocation: Id,
        /// How long the function took, including the wait for a process.
        took: Duration,
        /// The bytes of the reply, or why there is none.
        result: Result<Bytes, InvokeError>,
        /// The error that the function ended with, by [`Outcome::error`](crate::Outcome::error).
        error: Option<OutcomeError>,
    },
    /// A message or a handshake fails for a reason that is not in [`Answered`](Self::Answered). The event
    /// of the error frame or the refusal follows.
    Failed {
        /// The invocation, if there was one.
        invocation: Option<Id>,
        /// Why.
        cause: FailureCause,
    },
    /// The client is accepted: the response is 101.
    Opened(Box<ConnectionInfo>),
    /// The client is refused.
    Refused {
        /// The client.
        client: Box<ConnectionInfo>,
        /// The status of the refusal.
        status: StatusCode,
    },
    /// The client sent a message.
    Received {
        /// Its bytes.
        data: Bytes,
        /// Whether it is a binary message, which closes the connection by default.
        binary: bool,
    },
    /// A message is on its way to the client.
    Sent {
        /// Its bytes.
        data: Bytes,
        /// Where the message comes from.
        source: MessageSource,
    },
    /// A call of `@connections` named the connection.
    Called {
        /// POST, GET or DELETE.
        method: Method,
        /// The status of the response.
        status: StatusCode,
    },
    /// The connection ended.
    Closed {
        /// The close code, as `$disconnect` has it.
        code: u16,
        /// The reason, as `$disconnect` has it.
        reason: String,
    },
}

/// Why a message or a handshake fails, when the function itself reported no error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FailureCause {
    /// No route has the key that the message selects, and there is no `$default`.
    NoRoute {
        /// The key that the message selects, if it selects one.
        selected: Option<String>,
        /// The route keys of the API.
        routes: Vec<String>,
    },
    /// The message is above a rate of the route, the stage or the account.
    Throttled {
        /// The route key.
        route: String,
    },
    /// No model of the route allows the message.
    Model {
        /// The route key.
        route: String,
        /// What is wrong with the message.
        reason: String,
    },
    /// The function's reply is malformed or larger than a message may be.
    Reply {
        /// What is wrong with it.
        reason: String,
    },
    /// The function exceeded the integration timeout. It runs on, and its reply is ignored.
    TimedOut {
        /// How long the gateway waited.
        after: Duration,
    },
}

/// Where a message to a client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageSource {
    /// A two-way route's reply.
    Reply,
    /// The gateway: an error frame.
    Error,
    /// `@connections`.
    Post,
}

/// A snapshot of a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its id.
    pub id: Id,
    /// The client's address.
    pub source_ip: IpAddr,
    /// The client's `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Host` header of the handshake.
    pub host: String,
    /// When the client connected.
    pub connected_at: Timestamp,
    /// When the last message passed, in either direction.
    pub last_active: Timestamp,
    /// The `requestContext.authorizer` of events, as JSON.
    pub authorizer: Option<Box<RawValue>>,
}

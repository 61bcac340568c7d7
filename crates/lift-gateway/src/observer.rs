//! What happens on a gateway, told to whoever watches: a terminal, an inspector, a recording. Beside
//! the flow, never in it: a watcher sees, and changes nothing.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::value::RawValue;

use crate::{Id, InvokeError};

/// Who is told what happens. By default nobody, which costs one comparison for each happening.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(GatewayEvent) + Send + Sync>>);

impl Observer {
    /// Tells a function, in the order in which things happen on one connection. It runs within the
    /// gateway's own tasks, so it must not block: let it put what it is told into a queue.
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
    pub fn new(told: impl Fn(GatewayEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Whether anybody watches.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells what happened; it is not even made when nobody watches.
    pub(crate) fn notify(&self, connection: Id, kind: impl FnOnce() -> GatewayEventKind) {
        if let Some(told) = &self.0 {
            told(GatewayEvent { connection, kind: kind() });
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_on() { "Observer(on)" } else { "Observer(off)" })
    }
}

/// One thing that happened to one connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GatewayEvent {
    /// The connection; also of a client that is refused in the end.
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

/// What can happen to a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GatewayEventKind {
    /// A function is invoked for it.
    Invoked {
        /// Names this invocation; [`Answered`](Self::Answered) has the same.
        invocation: Id,
        /// The route key; `None` for the authorizer.
        route: Option<String>,
        /// The event, as the function gets it.
        payload: Bytes,
    },
    /// The function answered, perhaps after the client was told that it is too late.
    Answered {
        /// The invocation.
        invocation: Id,
        /// How long the function took, with the wait for a process.
        took: Duration,
        /// The reply as the function wrote it, or why there is none.
        result: Result<Bytes, InvokeError>,
    },
    /// A message or a handshake fails for a reason that is not in [`Answered`](Self::Answered). What
    /// the client is told follows.
    Failed {
        /// The invocation, if it came to one.
        invocation: Option<Id>,
        /// Why.
        cause: FailureCause,
    },
    /// The client is in: the 101 goes out.
    Opened(Box<ConnectionInfo>),
    /// The client is not let in.
    Refused {
        /// Who it is.
        client: Box<ConnectionInfo>,
        /// The status of the refusal.
        status: StatusCode,
    },
    /// The client sent a message.
    Received {
        /// Its bytes.
        data: Bytes,
        /// Whether it is a binary message, for which it may be closed.
        binary: bool,
    },
    /// A message is on its way to the client.
    Sent {
        /// Its bytes.
        data: Bytes,
        /// Where it comes from.
        source: MessageSource,
    },
    /// Somebody called `@connections`.
    Called {
        /// POST, GET or DELETE.
        method: Method,
        /// The status of the answer.
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

/// Why a message or a handshake fails, when the function did not say so itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FailureCause {
    /// No route has the key that the message selects, and there is no `$default`.
    NoRoute {
        /// The key, if the message has one.
        selected: Option<String>,
        /// The route keys of the API.
        routes: Vec<String>,
    },
    /// The route, or the API, had too many messages.
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
    /// The function's reply is malformed, or more than may be sent.
    Reply {
        /// What is wrong with it.
        reason: String,
    },
    /// The gateway waits no longer. The function runs on; it is answered later, to nobody.
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

/// A connection as the gateway knows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Its id.
    pub id: Id,
    /// The client's address.
    pub source_ip: IpAddr,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The host that it connected to.
    pub host: String,
    /// Milliseconds since 1970.
    pub connected_at: u64,
    /// When the last message passed, in milliseconds since 1970.
    pub last_active: u64,
    /// What the authorizer granted: JSON, as events carry it.
    pub authorizer: Option<Box<RawValue>>,
}

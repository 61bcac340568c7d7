//! The way out to a client: `@connections` as a trait, so that tests and other gateways fit. Whoever
//! posts, errors are told apart alike: gone, throttled, too large, forbidden, refused, failed.

use std::{error, fmt};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use lift_event::Event;

use crate::ConnectionId;

pub use crate::id::Endpoint;

/// Posts to connections, closes them, and asks about them. It tries each call once: trying again is the
/// publisher's.
pub trait Push: Send + Sync + 'static {
    /// Where the connections of an event's API are posted to. Never built from the event's domain
    /// name, which is the client's word.
    fn endpoint(&self, event: &Event) -> Endpoint;

    /// Sends one message, at most 128 KB, to a connection.
    fn post<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>>;

    /// Closes a connection; the client sees code 1000.
    fn close<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>>;

    /// Asks what is known of a connection.
    fn info<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>>;
}

/// What API Gateway knows of a connection.
///
/// ```
/// use lift_ws::{Error, Publisher, Connection};
///
/// async fn since(who: Connection, publish: Publisher) -> Result<String, Error> {
///     let info = publish.info(who.id().clone()).await?;
///     Ok(format!("{} ms", info.last_active_at - info.connected_at))
/// }
/// # let _ = lift_ws::App::new().route("since", since);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// When it opened, in milliseconds since 1970.
    pub connected_at: u64,
    /// When a message last went in or out, in milliseconds since 1970.
    pub last_active_at: u64,
    /// The client's address.
    pub source_ip: String,
    /// The client's program, if it named one.
    pub user_agent: Option<String>,
}

/// Why a post did not reach its connection.
///
/// ```
/// use lift_ws::push::PushError;
///
/// assert!(PushError::gone().is_gone());
/// assert!(PushError::throttled().is_throttled());
/// ```
#[derive(Debug)]
pub struct PushError {
    kind: Kind,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Gone,
    Throttled,
    TooLarge,
    Forbidden,
    NotAllowed(Endpoint),
    Refused,
    Failed,
}

impl PushError {
    /// GoneException (410): the connection has ended, or its handshake is not answered yet.
    #[must_use]
    pub fn gone() -> Self {
        Self { kind: Kind::Gone, cause: None }
    }

    /// LimitExceededException (429): too many requests, or the client reads too slowly.
    #[must_use]
    pub fn throttled() -> Self {
        Self { kind: Kind::Throttled, cause: None }
    }

    /// PayloadTooLargeException (413): the message is over 128 KB.
    #[must_use]
    pub fn too_large() -> Self {
        Self { kind: Kind::TooLarge, cause: None }
    }

    /// 401 or 403: the credentials, the endpoint or the stage are wrong, for every connection alike.
    #[must_use]
    pub fn forbidden(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Forbidden, cause: Some(cause.into()) }
    }

    /// Nothing was sent, because posts to this endpoint are not allowed. Posts to others may succeed.
    #[must_use]
    pub fn not_allowed(
        endpoint: Endpoint,
        cause: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind: Kind::NotAllowed(endpoint), cause: Some(cause.into()) }
    }

    /// This post cannot succeed, however often it is tried: a malformed id (400). Others may.
    #[must_use]
    pub fn refused(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Refused, cause: Some(cause.into()) }
    }

    /// Anything else: the network, a time-out, a fault of the gateway.
    #[must_use]
    pub fn failed(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Failed, cause: Some(cause.into()) }
    }

    /// Whether the connection has ended, or is not open yet.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.kind == Kind::Gone
    }

    /// The cause in words, for the log.
    pub(crate) fn cause_text(&self) -> String {
        self.cause.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// Whether the same post may succeed when it is tried again soon; it may have arrived already.
    pub(crate) fn may_pass(&self) -> bool {
        self.kind == Kind::Failed
    }

    /// Whether it may work later.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind == Kind::Throttled
    }

    /// Whether the message is over 128 KB.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Whether this post cannot succeed, while others may. An endpoint that is not allowed is one cause.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Refused || self.is_not_allowed()
    }

    /// Whether posts to the connection's endpoint are not allowed; [`endpoint`](Self::endpoint) is that
    /// endpoint.
    #[must_use]
    pub fn is_not_allowed(&self) -> bool {
        matches!(self.kind, Kind::NotAllowed(_))
    }

    /// The endpoint that is not allowed; `None` for other errors.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.kind {
            Kind::NotAllowed(endpoint) => Some(endpoint),
            _ => None,
        }
    }

    /// Whether no connection can be posted to with these credentials and this endpoint.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind == Kind::Forbidden
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::Gone => "the connection is gone (410 GoneException)",
            Kind::Throttled => "the post was throttled (429 LimitExceededException)",
            Kind::TooLarge => "the message is over 128 KB (413 PayloadTooLargeException)",
            Kind::Forbidden => "posting is forbidden: check credentials, endpoint and stage",
            Kind::NotAllowed(_) => {
                "the post was not sent: its endpoint is neither configured nor allowed"
            }
            Kind::Refused => "the post cannot be made: check the connection's id and endpoint",
            Kind::Failed => "the post failed",
        })
    }
}

impl error::Error for PushError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_deref()? as &(dyn error::Error + 'static))
    }
}

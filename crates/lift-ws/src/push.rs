//! The API that posts to connections, `@connections`, as a trait, so that tests and other gateways can
//! implement it. Every implementation fails with the same errors: gone, throttled, too large, forbidden,
//! not allowed, refused, failed.

use std::{error, fmt, mem};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use lift_event::{Event, Timestamp};

use crate::{ConnectionId, error::chain::Chain};

pub use crate::id::Endpoint;

/// Posts to connections, closes them, and reads their information. It makes each call once: the publisher
/// retries.
pub trait Push: Send + Sync + 'static {
    /// The endpoint for the connections of an event's API. It must not be built from the event's domain
    /// name, because that is the client's `Host` header.
    fn endpoint(&self, event: &Event) -> Endpoint;

    /// Sends a message of at most 128 KB to a connection.
    fn post<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>>;

    /// Closes a connection. The client sees code 1000.
    fn close<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>>;

    /// Reads what API Gateway knows about a connection.
    fn info<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>>;
}

/// What API Gateway knows about a connection.
///
/// ```
/// use lift_ws::{Connection, Error, Publisher};
///
/// async fn age(connection: Connection, publish: Publisher) -> Result<String, Error> {
///     let info = publish.info(connection.id().clone()).await?;
///     Ok(format!("{} s", info.last_active_at.since(info.connected_at).as_secs()))
/// }
/// # let _ = lift_ws::App::new().route("age", age);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// When the connection opened.
    pub connected_at: Timestamp,
    /// When a message was last sent or received.
    pub last_active_at: Timestamp,
    /// The client's IP address.
    pub source_ip: String,
    /// The client's `User-Agent`, if it sent one.
    pub user_agent: Option<String>,
}

impl ConnectionInfo {
    /// Information about a connection of a client without a user agent. It was last active when it opened.
    #[must_use]
    pub fn new(connected_at: Timestamp, source_ip: impl Into<String>) -> Self {
        let source_ip = source_ip.into();
        Self { connected_at, last_active_at: connected_at, source_ip, user_agent: None }
    }
}

/// Why a call of [`Push`] failed.
///
/// ```
/// use lift_ws::push::PushError;
///
/// assert!(PushError::gone().is_gone());
/// assert!(PushError::throttled().is_throttled());
/// ```
#[derive(Debug)]
pub struct PushError {
    kind: PushErrorKind,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
    posted_to: Option<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PushErrorKind {
    Gone,
    Throttled,
    TooLarge,
    Forbidden,
    NotAllowed(Endpoint),
    Refused,
    Failed,
}

impl PushError {
    /// GoneException (410): the connection has ended, or its handshake has not been answered yet.
    #[must_use]
    pub fn gone() -> Self {
        Self::new(PushErrorKind::Gone, None)
    }

    /// LimitExceededException (429): too many requests, or the client reads too slowly.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(PushErrorKind::Throttled, None)
    }

    /// PayloadTooLargeException (413): the message is over 128 KB.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(PushErrorKind::TooLarge, None)
    }

    /// 401 or 403: the credentials, the endpoint or the stage are wrong, for all connections.
    #[must_use]
    pub fn forbidden(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(PushErrorKind::Forbidden, Some(cause.into()))
    }

    /// Nothing was sent, because posts to this endpoint are not allowed. Posts to other endpoints may succeed.
    #[must_use]
    pub fn not_allowed(
        endpoint: Endpoint,
        cause: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self::new(PushErrorKind::NotAllowed(endpoint), Some(cause.into()))
    }

    /// This post can never succeed: a malformed id (400), for example. Posts to other connections may.
    #[must_use]
    pub fn refused(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(PushErrorKind::Refused, Some(cause.into()))
    }

    /// Any other failure: the network, a timeout, or an error of API Gateway (5xx).
    #[must_use]
    pub fn failed(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(PushErrorKind::Failed, Some(cause.into()))
    }

    fn new(kind: PushErrorKind, cause: Option<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind, cause, posted_to: None }
    }

    /// Names the endpoint that the call went to, for the report of a send and for the log: a [`Push`] may
    /// use another one than the caller's.
    #[must_use]
    pub fn with_posted_to(mut self, endpoint: Endpoint) -> Self {
        self.posted_to = Some(endpoint);
        self
    }

    /// The endpoint that the call went to, if the [`Push`] named it.
    #[must_use]
    pub fn posted_to(&self) -> Option<&Endpoint> {
        self.posted_to.as_ref()
    }

    /// Whether both errors are of one kind.
    pub(crate) fn is_like(&self, kind: &PushErrorKind) -> bool {
        mem::discriminant(&self.kind) == mem::discriminant(kind)
    }

    /// What to do about the error, unless its text says so.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        match &self.kind {
            PushErrorKind::NotAllowed(_) => Some(
                "set AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI to it; `lift env` prints that of `lift dev`",
            ),
            PushErrorKind::Throttled => Some("send again later, or with a lower concurrency"),
            PushErrorKind::Failed => Some("check that the endpoint can be reached, and send again"),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> &PushErrorKind {
        &self.kind
    }

    /// Whether the connection has ended, or is not open yet (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.kind == PushErrorKind::Gone
    }

    /// The text of the causes, for the log.
    pub(crate) fn cause_text(&self) -> String {
        self.cause.as_deref().map(|cause| Chain(cause).to_string()).unwrap_or_default()
    }

    /// Whether a retry may succeed. The failed post may have arrived.
    pub(crate) fn is_retryable(&self) -> bool {
        self.kind == PushErrorKind::Failed
    }

    /// Whether the call may succeed later (429).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind == PushErrorKind::Throttled
    }

    /// Whether the message is over 128 KB (413).
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == PushErrorKind::TooLarge
    }

    /// Whether this post can never succeed, while posts to other connections may. This includes an endpoint
    /// that is not allowed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == PushErrorKind::Refused || self.is_not_allowed()
    }

    /// Whether posts to the connection's endpoint are not allowed; [`endpoint`](Self::endpoint) is that
    /// endpoint.
    #[must_use]
    pub fn is_not_allowed(&self) -> bool {
        matches!(self.kind, PushErrorKind::NotAllowed(_))
    }

    /// The endpoint that is not allowed; `None` for other errors.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.kind {
            PushErrorKind::NotAllowed(endpoint) => Some(endpoint),
            _ => None,
        }
    }

    /// Whether posting is forbidden for all connections, with these credentials and this endpoint (401, 403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind == PushErrorKind::Forbidden
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            PushErrorKind::Gone => "the connection is gone (410 GoneException)",
            PushErrorKind::Throttled => "the post was throttled (429 LimitExceededException)",
            PushErrorKind::TooLarge => "the message is over 128 KB (413 PayloadTooLargeException)",
            PushErrorKind::Forbidden => {
                "posting is forbidden: check credentials, endpoint and stage"
            }
            PushErrorKind::NotAllowed(_) => {
                "the post was not sent: its endpoint is neither configured nor allowed"
            }
            PushErrorKind::Refused => {
                "the post cannot be made: check the connection's id and endpoint"
            }
            PushErrorKind::Failed => "the post failed",
        })
    }
}

impl error::Error for PushError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_deref()? as &(dyn error::Error + 'static))
    }
}

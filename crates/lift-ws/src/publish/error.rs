//! Why a send did not start, or stopped: not the fate of single connections, which the report has.

use std::{error, fmt};

use lift_event::limits::MESSAGE_BYTES;

use super::Report;
use crate::{PushError, store::StoreError};

/// Why nothing, or not everything, could be sent, listed, counted or closed.
///
/// ```
/// use lift_ws::{Error, Publisher, Text};
///
/// async fn say(publish: Publisher, Text(text): Text) -> Result<(), Error> {
///     match publish.own_tenant().text(text).await {
///         Ok(report) => Ok(drop(report)),
///         Err(error) if error.is_too_large() => Err(Error::new("too_long", "Say less")),
///         Err(error) => Err(error.into()),
///     }
/// }
/// # let _ = lift_ws::App::new().route("say", say);
/// ```
#[derive(Debug)]
pub struct PublishError {
    pub(super) kind: Kind,
    report: Option<Box<Report>>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Store(StoreError),
    Push(PushError),
    Json(serde_json::Error),
    TooLarge(usize),
    NoTenant,
    Connecting,
    Uncut,
}

impl PublishError {
    /// What was sent before the send stopped, and the cursor to go on with. `None` when nothing was
    /// sent: then start again.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// Whether the message is over 128 KB, API Gateway's limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        match &self.kind {
            Kind::TooLarge(_) => true,
            Kind::Push(error) => error.is_too_large(),
            _ => false,
        }
    }

    /// Whether the connection is still connecting: API Gateway delivers nothing to it before its
    /// handshake is answered.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        matches!(self.kind, Kind::Connecting)
    }

    /// Whether the connection has ended, or is not the sender's to reach.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(&self.kind, Kind::Push(error) if error.is_gone())
    }

    /// Whether it may work later, when less is asked of API Gateway or of the store.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        match &self.kind {
            Kind::Push(error) => error.is_throttled(),
            Kind::Store(error) => error.is_throttled(),
            _ => false,
        }
    }

    /// Whether the credentials, the endpoint or the stage are wrong.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(&self.kind, Kind::Push(error) if error.is_forbidden())
    }

    pub(super) fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }
}

impl From<Kind> for PublishError {
    fn from(kind: Kind) -> Self {
        Self { kind, report: None }
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Kind::Store(error).into()
    }
}

impl From<PushError> for PublishError {
    fn from(error: PushError) -> Self {
        Kind::Push(error).into()
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Store(_) => f.write_str("the connections could not be read"),
            Kind::Push(_) => f.write_str("the connection could not be reached"),
            Kind::Json(_) => f.write_str("the message cannot be written as JSON"),
            Kind::TooLarge(bytes) => {
                write!(f, "the message has {bytes} bytes; {MESSAGE_BYTES} is the limit")
            }
            Kind::NoTenant => f.write_str(
                "the connection has no tenant: name one in `Accept`, or use `across_tenants()`",
            ),
            Kind::Connecting => f.write_str(
                "the connection is still connecting and cannot be sent to: API Gateway delivers \
                 only after the handshake is answered; greet it when it sends its first message",
            ),
            Kind::Uncut => f.write_str(
                "a source of one's own cannot be cut into tasks: send to a tenant, a user, a group \
                 or some connections",
            ),
        }
    }
}

impl error::Error for PublishError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            Kind::Store(cause) => Some(cause),
            Kind::Push(cause) => Some(cause),
            Kind::Json(cause) => Some(cause),
            Kind::TooLarge(_) | Kind::NoTenant | Kind::Connecting | Kind::Uncut => None,
        }
    }
}

//! Why a send did not start, or stopped. The outcomes of single connections are in the report.

use std::{error, fmt};

use lift_event::limits::MESSAGE_BYTES;

use super::Report;
use crate::{push::PushError, store::StoreError};

/// Why a send, a list, a count or a close failed as a whole.
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
    kind: PublishErrorKind,
    report: Option<Box<Report>>,
}

#[derive(Debug)]
pub(super) enum PublishErrorKind {
    Store(StoreError),
    Push(PushError),
    Json(serde_json::Error),
    /// The size of the message, in bytes.
    TooLarge(usize),
    NoTenant,
    Connecting,
    SourceNotSplittable,
}

impl PublishError {
    /// What the send did before it stopped, and the cursor to resume from. `None` when nothing was sent:
    /// then start again.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// Whether the message is over 128 KB, API Gateway's limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        match &self.kind {
            PublishErrorKind::TooLarge(_) => true,
            PublishErrorKind::Push(error) => error.is_too_large(),
            _ => false,
        }
    }

    /// Whether the only connection of the target is still connecting: API Gateway delivers nothing to it
    /// before its handshake is answered.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        matches!(self.kind, PublishErrorKind::Connecting)
    }

    /// Whether the connection has ended, or is in another tenant.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(&self.kind, PublishErrorKind::Push(error) if error.is_gone())
    }

    /// Whether API Gateway or the store is throttling, so that the call may succeed later.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        match &self.kind {
            PublishErrorKind::Push(error) => error.is_throttled(),
            PublishErrorKind::Store(error) => error.is_throttled(),
            _ => false,
        }
    }

    /// Whether posting is forbidden: the credentials, the endpoint or the stage are wrong.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(&self.kind, PublishErrorKind::Push(error) if error.is_forbidden())
    }

    /// Whether the program asks for something that can never succeed, so that it has to be changed: a send
    /// to the tenant of a connection without one, a send to a connection that is still connecting, a split
    /// of a [`Source`](crate::publish::Source), or a value that cannot be written as JSON.
    #[must_use]
    pub fn is_misuse(&self) -> bool {
        matches!(
            self.kind,
            PublishErrorKind::NoTenant
                | PublishErrorKind::Connecting
                | PublishErrorKind::SourceNotSplittable
                | PublishErrorKind::Json(_)
        )
    }

    pub(super) fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }
}

impl From<PublishErrorKind> for PublishError {
    fn from(kind: PublishErrorKind) -> Self {
        Self { kind, report: None }
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        PublishErrorKind::Store(error).into()
    }
}

impl From<PushError> for PublishError {
    fn from(error: PushError) -> Self {
        PublishErrorKind::Push(error).into()
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PublishErrorKind::Store(_) => f.write_str("the connections could not be read"),
            PublishErrorKind::Push(_) => f.write_str("the connection could not be reached"),
            PublishErrorKind::Json(_) => f.write_str("the message cannot be written as JSON"),
            PublishErrorKind::TooLarge(bytes) => {
                write!(f, "the message has {bytes} bytes; the limit is {MESSAGE_BYTES}")
            }
            PublishErrorKind::NoTenant => f.write_str(
                "the connection has no tenant: name one in `Accept`, or use `across_tenants()`",
            ),
            PublishErrorKind::Connecting => f.write_str(
                "the connection is still connecting and cannot be sent to: API Gateway delivers \
                 only after the handshake is answered; greet it when it sends its first message",
            ),
            PublishErrorKind::SourceNotSplittable => f.write_str(
                "a `Source` cannot be split: send to a tenant, a user, a group or a list of \
                 connections",
            ),
        }
    }
}

impl error::Error for PublishError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            PublishErrorKind::Store(cause) => Some(cause),
            PublishErrorKind::Push(cause) => Some(cause),
            PublishErrorKind::Json(cause) => Some(cause),
            PublishErrorKind::TooLarge(_)
            | PublishErrorKind::NoTenant
            | PublishErrorKind::Connecting
            | PublishErrorKind::SourceNotSplittable => None,
        }
    }
}

//! The error of a call, and the frame that a client gets of it.

use std::{any::Any, borrow::Cow, error, fmt};

use serde::{Deserialize, Serialize};

use super::chain::Chain;

/// The code of an error whose cause a client is not told.
const INTERNAL: &str = "internal_error";

/// The error of an extractor, a layer or a handler.
///
/// `?` turns any error into an `internal_error`, whose text goes to the log and never to the client: an
/// error of the standard library or of a crate, `anyhow::Error`, `eyre::Report`, and
/// `Box<dyn Error + Send + Sync>`. Also a `String` and a `&str`: they are causes too, and no client sees
/// them. To send the client a reason, make an `Error` with a code and a message.
///
/// This type is not a `std::error::Error`. [`into_std`](Self::into_std) makes one of it, for code that returns
/// `anyhow::Result` or a boxed error. `?` finds the `Error` in it again, also below anyhow's `.context(..)`
/// and eyre's `.wrap_err(..)`, and keeps code, message and status. The whole chain goes to the log.
///
/// On a message, the sender gets an [`ErrorFrame`]. On `$connect`, the handshake is refused with
/// [`status`](Self::status).
///
/// ```
/// use lift_ws::{App, Error, Text};
///
/// async fn double(Text(text): Text) -> Result<String, Error> {
///     let number: i32 = text.parse().map_err(|cause: std::num::ParseIntError| {
///         Error::new("not_a_number", "Write it with digits").with_cause(cause)
///     })?;
///     let double = number.checked_mul(2).ok_or_else(|| Error::new("too_large", "The number is too large"))?;
///     Ok(double.to_string())
/// }
/// # let _ = App::new().default_route(double);
/// ```
pub struct Error {
    pub(super) status: u16,
    pub(super) code: Cow<'static, str>,
    pub(super) message: Cow<'static, str>,
    pub(super) cause: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// An error that the client gets: `code` for programs, `message` for people. Its status is 400.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, code: code.into(), message: message.into(), cause: None }
    }

    /// The message does not have the form that the route needs. `message` should name the field.
    #[must_use]
    pub fn invalid_payload(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_payload", message)
    }

    /// An error of the server, with the status 500. The cause goes to the log, not to the client.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(INTERNAL, "Internal error").with_status(500).with_cause(cause)
    }

    /// Sets the HTTP status that refuses a handshake. A status that is not 4xx or 5xx becomes 500.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        // An error never accepts a handshake.
        self.status = if (400..600).contains(&status) { status } else { 500 };
        self
    }

    /// Adds a cause, which goes to the log and not to the client.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The error for the log and for Lambda, without the words for clients if it is an internal one.
    pub(crate) fn into_root(self) -> Box<dyn error::Error + Send + Sync> {
        match self.cause {
            Some(cause) if self.code == INTERNAL => cause,
            _ => self.into_std().into(),
        }
    }

    /// The HTTP status that refuses a handshake.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The code for programs, such as `invalid_payload`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn error::Error + 'static))
    }

    /// The error frame that the client gets, unless the app sets another shape.
    #[must_use]
    pub fn frame(&self) -> ErrorFrame<'_> {
        ErrorFrame {
            kind: "error".into(),
            code: self.code().into(),
            message: self.message().into(),
        }
    }

    /// The connection is not stored, or has ended.
    pub(crate) fn not_connected() -> Self {
        Self::new("not_connected", "This connection is not known").with_status(410)
    }

    /// The error of a call that panicked.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::internal(format!("panicked: {}", text.unwrap_or("with a value that is not text")))
    }

    /// Logs the error if it has a cause.
    pub(crate) fn log(&self, route_key: &str) {
        let Some(cause) = &self.cause else { return };
        tracing::error!(
            route_key,
            code = &*self.code,
            error = Chain(cause.as_ref()).to_string(),
            "call failed"
        );
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("cause", &self.cause)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// The JSON that a client gets when its message failed:
/// `{"type":"error","code":"invalid_payload","message":"..."}`.
///
/// ```
/// use lift_ws::{Error, error::ErrorFrame};
///
/// let json = serde_json::to_string(&Error::new("sold_out", "Nothing is left").frame()).unwrap();
/// assert_eq!(json, r#"{"type":"error","code":"sold_out","message":"Nothing is left"}"#);
/// let read: ErrorFrame<'_> = serde_json::from_str(&json).unwrap();
/// assert_eq!(read.code, "sold_out");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorFrame<'a> {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The code, for programs.
    pub code: Cow<'a, str>,
    /// The message, for people.
    pub message: Cow<'a, str>,
}

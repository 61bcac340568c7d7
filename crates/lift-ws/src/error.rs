//! Why a call failed: a code and a message for the client, and a cause that only the log sees.

use std::{any::Any, borrow::Cow, error, fmt};

use serde::{Deserialize, Serialize};

use crate::{PublishError, store::StoreError};

/// The failure of an extractor, a layer or a handler.
///
/// Any error becomes an `internal_error` by `?`; the client never sees its text. To tell the
/// client something, make an `Error` with a code and a message.
///
/// On a message it becomes an [`ErrorFrame`] to the sender; on `$connect` it refuses the handshake
/// with [`status`](Self::status).
///
/// ```
/// use lift_ws::{App, Error, Text};
///
/// async fn double(Text(text): Text) -> Result<String, Error> {
///     let number: i32 = text.parse().map_err(|cause: std::num::ParseIntError| {
///         Error::new("not_a_number", "Write it with digits").with_cause(cause)
///     })?;
///     let double = number.checked_mul(2).ok_or_else(|| Error::new("too_large", "Less, please"))?;
///     Ok(double.to_string())
/// }
/// # let _ = App::new().default_route(double);
/// ```
pub struct Error {
    status: u16,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// A failure that the client is told of: `code` for programs, `message` for people.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, code: code.into(), message: message.into(), cause: None }
    }

    /// The payload is not what the route takes; the message should name the field.
    #[must_use]
    pub fn invalid_payload(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_payload", message)
    }

    /// A failure that is the server's. The cause goes to the log, not to the client.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new("internal_error", "Internal error").with_status(500).with_cause(cause)
    }

    /// The HTTP status that refuses a handshake; 400 unless set. Must not be 2xx.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        // A failure never accepts a handshake, whatever it was built with.
        self.status = if (400..600).contains(&status) { status } else { 500 };
        self
    }

    /// Adds what only the log sees.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
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

    /// What the client is told.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What only the log sees.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn error::Error + 'static))
    }

    /// What the client receives.
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

    /// What a panic was, for the log.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::internal(format!("panicked: {}", text.unwrap_or("with a value that is not text")))
    }

    /// Writes the cause to the log, where it is the server's to mend.
    pub(crate) fn log(&self, route_key: &str) {
        let Some(cause) = &self.cause else { return };
        tracing::error!(route_key, code = &*self.code, error = %Chain(cause.as_ref()), "call failed");
    }
}

/// What a handler may fail with, beside [`Error`]: an error of one's own that says what its client
/// is told.
///
/// A handler that returns `Result<_, Error>` makes an `internal_error` of any error by `?`. One that
/// returns an error of your own tells the client what you say here; without this it does not compile.
/// `?` into [`Error`] does not ask it: there, write `.map_err(IntoError::into_error)?`, or see
/// [`App::map_error`](crate::App::map_error).
///
/// ```
/// use lift_ws::{App, Error, IntoError};
///
/// #[derive(Debug, thiserror::Error)]
/// enum ShopError {
///     #[error("sold out")]
///     SoldOut,
///     #[error("the till does not answer")]
///     Till(#[from] std::io::Error),
/// }
///
/// impl IntoError for ShopError {
///     fn into_error(self) -> Error {
///         match self {
///             Self::SoldOut => Error::new("sold_out", "Nothing is left"),
///             Self::Till(_) => Error::internal(self),
///         }
///     }
/// }
///
/// async fn buy() -> Result<String, ShopError> {
///     let paid = std::fs::read_to_string("/till")?;
///     if paid.is_empty() { Err(ShopError::SoldOut) } else { Ok(paid) }
/// }
/// # let _ = App::new().route("buy", buy);
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler cannot fail with `{Self}`",
    label = "does not say what the client is told",
    note = "return `Result<_, lift_ws::Error>`: `?` makes an `internal_error` of any error",
    note = "or implement `lift_ws::IntoError` for an error of your own"
)]
pub trait IntoError {
    /// What the client is told, and the log.
    fn into_error(self) -> Error;
}

impl IntoError for Error {
    fn into_error(self) -> Error {
        self
    }
}

impl IntoError for PublishError {
    fn into_error(self) -> Error {
        self.into()
    }
}

impl IntoError for StoreError {
    fn into_error(self) -> Error {
        self.into()
    }
}

// `Error` is not itself a `std::error::Error`, so that this cannot clash with `From<Error>`.
impl<E: error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(cause: E) -> Self {
        Self::internal(cause)
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

/// What a client receives when its message failed:
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
pub struct ErrorFrame<'a> {
    /// Always `error`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// For programs.
    pub code: Cow<'a, str>,
    /// For people.
    pub message: Cow<'a, str>,
}

/// An error with its causes, in one line.
struct Chain<'a>(&'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

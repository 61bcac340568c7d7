//! Which errors become the error of a call: by `?`, and as the error of a handler.

use std::error;

use super::{call_error::Error, std_error::with_recovered};
use crate::{PublishError, store::StoreError};

/// An error type that a handler may return instead of [`Error`]. The implementation says what the
/// client gets.
///
/// This trait works where the handler's own return type has your error. In a handler that returns
/// `Result<_, Error>`, `?` does not use it and makes an `internal_error`: write
/// `.map_err(IntoError::into_error)?` there, or use [`App::map_error`](crate::App::map_error).
///
/// ```
/// use lift_ws::{App, Error, IntoError};
///
/// #[derive(Debug, thiserror::Error)]
/// enum ShopError {
///     #[error("sold out")]
///     SoldOut,
///     #[error("the bank does not answer")]
///     Bank(#[from] std::io::Error),
/// }
///
/// impl IntoError for ShopError {
///     fn into_error(self) -> Error {
///         match self {
///             Self::SoldOut => Error::new("sold_out", "Nothing is left"),
///             Self::Bank(_) => Error::internal(self),
///         }
///     }
/// }
///
/// async fn buy() -> Result<String, ShopError> {
///     let paid = std::fs::read_to_string("/payments")?;
///     if paid.is_empty() { Err(ShopError::SoldOut) } else { Ok(paid) }
/// }
/// # let _ = App::new().route("buy", buy);
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler cannot fail with `{Self}`",
    label = "does not say which error the client gets",
    note = "return `Result<_, lift_ws::Error>`: `?` makes an `internal_error` of any error, also of `anyhow::Error`",
    note = "or implement `lift_ws::IntoError` for an error of your own"
)]
pub trait IntoError {
    /// The error for the client, with a cause for the log.
    fn into_error(self) -> Error;
}

impl IntoError for Error {
    fn into_error(self) -> Error {
        self
    }
}

/// An `internal_error`, or the [`Error`] that is in it by [`Error::into_std`].
impl IntoError for Box<dyn error::Error + Send + Sync> {
    fn into_error(self) -> Error {
        self.into()
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
impl<E: Into<Box<dyn error::Error + Send + Sync>>> From<E> for Error {
    fn from(cause: E) -> Self {
        with_recovered(cause.into())
    }
}

//! An [`Error`] as a standard error, on its way through code that knows only standard errors, and back.

use std::{error, fmt};

use super::{call_error::Error, chain::Chain};

type BoxError = Box<dyn error::Error + Send + Sync>;

/// An [`Error`] as a `std::error::Error`, made by [`Error::into_std`]. `?` makes the [`Error`] of it again.
///
/// ```
/// use lift_ws::Error;
///
/// fn check(bid: u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     if bid < 100 {
///         return Err(Error::new("too_low", "Bid 100 or more").into_std().into());
///     }
///     Ok(())
/// }
///
/// async fn bid() -> Result<(), Error> {
///     Ok(check(99)?)
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(bid().await.unwrap_err().code(), "too_low");
/// # }
/// ```
pub struct StdError(Inner);

/// The source of a [`StdError`]. A wrapper such as `anyhow::Error` hides the type of the error that it holds,
/// and shows that of its sources, so [`Error`] is found by this type then.
struct Inner(Error);

impl StdError {
    pub(super) fn new(error: Error) -> Self {
        Self(Inner(error))
    }

    /// The error, with its code, message and status.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.0
    }
}

impl Error {
    /// The error as a `std::error::Error`. `?` in a handler makes this error of it again.
    ///
    /// ```
    /// use lift_ws::Error;
    /// use std::error::Error as _;
    ///
    /// let error = Error::new("sold_out", "Nothing is left").into_std();
    /// assert_eq!(error.to_string(), "sold_out: Nothing is left");
    /// assert_eq!(error.error().status(), 400);
    /// ```
    #[must_use]
    pub fn into_std(self) -> StdError {
        StdError::new(self)
    }
}

/// The error with this cause. An [`Error`] in the cause's chain keeps its code, message and status.
pub(super) fn with_recovered(cause: BoxError) -> Error {
    let cause = match cause.downcast::<StdError>() {
        Ok(error) => return error.0.0,
        Err(cause) => cause,
    };
    let mut depth = 0;
    let mut next: Option<&(dyn error::Error + 'static)> = Some(&*cause);
    let found = loop {
        let Some(error) = next else { return Error::internal(cause) };
        let inner = error.downcast_ref::<StdError>().map(|error| &error.0);
        if let Some(Inner(found)) = inner.or_else(|| error.downcast_ref()) {
            break found;
        }
        depth += 1;
        next = error.source();
    };
    let Error { status, code, message, cause: own } = found;
    let (code, message) = (code.clone(), message.clone());
    // Only the wrapper is around it, so the cause says nothing more.
    let is_bare = depth == 1 && own.is_none() && cause.to_string() == found.to_string();
    Error { status: *status, code, message, cause: (!is_bare).then_some(cause) }
}

impl fmt::Display for StdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

/// The error and its causes in one line: a `main` that returns it prints it so.
impl fmt::Debug for StdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chain(self))
    }
}

impl error::Error for StdError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.0.status)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Inner {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.cause()
    }
}

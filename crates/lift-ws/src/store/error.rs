//! Why an operation of a store failed.

use std::{error, fmt};

/// Why an operation of a store failed.
///
/// ```
/// use lift_ws::store::StoreError;
///
/// let error = StoreError::failed("the disk is full");
/// assert!(!error.is_invalid() && !error.is_throttled() && !error.is_denied());
/// assert_eq!(error.to_string(), "the connection store failed");
/// ```
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    cause: Box<dyn error::Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreErrorKind {
    Failed,
    Denied,
    Throttled,
    Invalid,
}

impl StoreError {
    /// The store failed, or could not be reached.
    #[must_use]
    pub fn failed(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Failed, cause: cause.into() }
    }

    /// The credentials do not allow the operation.
    #[must_use]
    pub fn denied(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Denied, cause: cause.into() }
    }

    /// The store still throttles after retries.
    #[must_use]
    pub fn throttled(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Throttled, cause: cause.into() }
    }

    /// The value can never be stored: an id that is empty or too long, for example.
    #[must_use]
    pub fn invalid(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Invalid, cause: cause.into() }
    }

    /// Whether the value can never be stored, so that a retry is pointless.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.kind == StoreErrorKind::Invalid
    }

    /// Whether the credentials do not allow the operation.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == StoreErrorKind::Denied
    }

    /// Whether the operation may succeed later, at a lower rate.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind == StoreErrorKind::Throttled
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Failed => "the connection store failed",
            StoreErrorKind::Denied => "the connection store denies access",
            StoreErrorKind::Throttled => "the connection store is throttled",
            StoreErrorKind::Invalid => "the connection cannot be stored",
        })
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

//! Why a store did not answer.

use std::{error, fmt};

/// Why a store did not answer.
///
/// ```
/// use lift_ws::store::StoreError;
///
/// let error = StoreError::failed("the disk is full");
/// assert!(!error.is_invalid() && !error.is_throttled());
/// assert_eq!(error.to_string(), "the connection store failed");
/// ```
#[derive(Debug)]
pub struct StoreError {
    kind: Kind,
    cause: Box<dyn error::Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Throttled,
    Denied,
    Invalid,
}

impl StoreError {
    /// The store failed, or could not be reached.
    #[must_use]
    pub fn failed(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Failed, cause: cause.into() }
    }

    /// The store is asked for too much at once, also after retries.
    #[must_use]
    pub fn throttled(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Throttled, cause: cause.into() }
    }

    /// The store denies access: credentials or permissions are missing.
    #[must_use]
    pub fn denied(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Denied, cause: cause.into() }
    }

    /// What was to be stored cannot be, whenever it is tried: an empty or too long id.
    #[must_use]
    pub fn invalid(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Invalid, cause: cause.into() }
    }

    /// Whether the fault is in what was to be stored, so that trying again is no use.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.kind == Kind::Invalid
    }

    /// Whether credentials or permissions are missing.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == Kind::Denied
    }

    /// Whether it may work later, when less is asked.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.kind == Kind::Throttled
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Failed => "the connection store failed",
            Kind::Throttled => "the connection store is throttled",
            Kind::Denied => "the connection store denies access",
            Kind::Invalid => "the connection cannot be stored",
        })
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

//! The error of functions that do not start and of operations on the table.

use std::{error, fmt};

/// Why a function did not start, or an operation on the table failed. Where there is a known fix,
/// the message names it.
pub struct Error {
    kind: ErrorKind,
    message: String,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Configuration,
    RuntimeApi,
    /// The app's state could not be made.
    State,
    NoTable,
    OtherLayout,
    Denied,
    Unreachable,
    /// DynamoDB refused a request, or failed.
    Database,
    Description,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    pub(crate) fn with_cause(
        mut self,
        cause: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Whether the environment or the configuration lacks something: a region, credentials, a
    /// variable, the Lambda Runtime API's address.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind == ErrorKind::Configuration
    }

    /// Whether the app's state could not be made: the function of `App::with_state_from` failed.
    #[must_use]
    pub fn is_state(&self) -> bool {
        self.kind == ErrorKind::State
    }

    /// Whether the Lambda Runtime API failed, or could not be reached.
    #[must_use]
    pub fn is_runtime_api(&self) -> bool {
        self.kind == ErrorKind::RuntimeApi
    }

    /// Whether the table does not exist.
    #[must_use]
    pub fn is_no_table(&self) -> bool {
        self.kind == ErrorKind::NoTable
    }

    /// Whether the table exists, and its layout does not fit.
    #[must_use]
    pub fn is_other_layout(&self) -> bool {
        self.kind == ErrorKind::OtherLayout
    }

    /// Whether DynamoDB refused the credentials, or they lack a permission.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.kind == ErrorKind::Denied
    }

    /// Whether DynamoDB could not be reached, or did not answer in time.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.kind == ErrorKind::Unreachable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The message and its causes: a `main` that returns this error prints it so.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = error::Error::source(self);
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.cause.as_deref()? as &(dyn error::Error + 'static))
    }
}

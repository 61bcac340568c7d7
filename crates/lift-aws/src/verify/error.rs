//! The error of a signature check, with AWS's name and text.

use std::{error, fmt};

/// Why a signature is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureError {
    kind: &'static str,
    message: String,
}

impl SignatureError {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidSignatureException", message)
    }

    /// AWS's name of the error, such as `InvalidSignatureException`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for SignatureError {}

//! Why a send did not start, or stopped: not the fate of single connections, which the report has.

use std::{error, fmt};

use crate::store::StoreError;

/// Why nothing, or not everything, could be sent.
#[derive(Debug)]
pub struct PublishError(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Store(StoreError),
    Json(serde_json::Error),
    TooLarge(usize),
    NoTenant,
    Connecting,
}

impl PublishError {
    /// Whether the message is over 128 KB, API Gateway's limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge(_))
    }

    /// Whether the connection is still connecting: API Gateway delivers nothing to it before its
    /// handshake is answered.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        matches!(self.0, Kind::Connecting)
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self(Kind::Store(error))
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Store(_) => f.write_str("the connections could not be listed"),
            Kind::Json(_) => f.write_str("the message cannot be written as JSON"),
            Kind::TooLarge(bytes) => {
                write!(f, "the message has {bytes} bytes; 131072 is the limit")
            }
            Kind::NoTenant => f.write_str(
                "the connection has no tenant: name one in `Accept`, or use `across_tenants()`",
            ),
            Kind::Connecting => f.write_str(
                "the connection is still connecting and cannot be sent to: API Gateway delivers \
                 only after the handshake is answered; greet it when it sends its first message",
            ),
        }
    }
}

impl error::Error for PublishError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Kind::Store(cause) => Some(cause),
            Kind::Json(cause) => Some(cause),
            Kind::TooLarge(_) | Kind::NoTenant | Kind::Connecting => None,
        }
    }
}

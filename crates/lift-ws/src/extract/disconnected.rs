//! The close code and reason, on `$disconnect` only.

use crate::{Call, Error, extract::FromCall, kind::Disconnect};

/// Why a connection ended. Never fails.
///
/// The code does not prove which side closed. 1001 is also the code of API Gateway's idle timeout and
/// of its 2-hour limit, 1005 of a close frame without a code, 1006 of a lost connection.
///
/// ```
/// use lift_ws::{App, extract::Disconnected};
///
/// async fn left(end: Disconnected) {
///     println!("{:?} {}", end.code, end.reason);
/// }
/// # let _ = App::new().disconnect(left);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disconnected {
    /// The close code, such as 1001; `None` when API Gateway gave none.
    pub code: Option<i32>,
    /// The close reason, possibly empty.
    pub reason: String,
}

impl<S: Sync> FromCall<Disconnect, S> for Disconnected {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let event = call.event();
        let reason = event.disconnect_reason().unwrap_or_default().to_owned();
        Ok(Self { code: event.disconnect_code(), reason })
    }
}

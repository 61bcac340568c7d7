//! Why a connection ended; only `$disconnect` says so.

use crate::{Call, Error, extract::FromCall, kind::Disconnect};

/// Why a connection ended. Never fails.
///
/// The code is API Gateway's view, not a proof of who hung up: 1001 is also its own idle and
/// two-hour limit, 1005 a close without a code, 1006 a connection that was lost.
///
/// ```
/// use lift_ws::{App, extract::Disconnected};
///
/// async fn left(why: Disconnected) {
///     println!("{:?} {}", why.code, why.reason);
/// }
/// # let _ = App::new().disconnect(left);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
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

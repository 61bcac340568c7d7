//! The handshake's query as a type; only `$connect` has one.

use serde::de::DeserializeOwned;

use crate::{Call, Connect, Error, FromCall};

/// The handshake's query parameters, parsed.
///
/// A query that does not fit refuses the handshake with 400. Fields that may be absent are
/// `Option`, or `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Sync> FromCall<Connect, S> for Query<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let invalid = |fault: String| Error::new("invalid_query", fault).with_status(400);
        let query = call.event().query().map_err(|fault| invalid(fault.to_string()))?;
        // serde knows the query form from its encoded text only.
        let encoded = serde_urlencoded::to_string(query.iter().collect::<Vec<_>>())
            .map_err(|fault| invalid(fault.to_string()))?;
        serde_urlencoded::from_str(&encoded).map(Self).map_err(|fault| invalid(fault.to_string()))
    }
}

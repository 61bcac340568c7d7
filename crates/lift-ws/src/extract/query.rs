//! The handshake's query parameters as a type, on `$connect` only.

use serde::de::DeserializeOwned;

use super::{pairs, truncate};
use crate::{Call, Error, extract::FromCall, kind::Connect};

/// The handshake's query parameters as a type, already percent-decoded.
///
/// Numbers, booleans and unit enums are parsed from the text. Use `Option` or `#[serde(default)]` for
/// parameters that may be absent. Unknown parameters are ignored, unless `T` denies them. A parameter
/// that comes several times needs a `Vec`. Inside `#[serde(flatten)]` all values are strings. Proxies
/// and servers log URLs: send a token in a header, or use a ticket that is valid once.
///
/// # Errors
/// `invalid_query` (400) when the query does not fit `T`; it refuses the handshake. The message names
/// the parameter and does not quote its value.
///
/// ```
/// use lift_ws::{Accept, App, Query};
///
/// #[derive(serde::Deserialize)]
/// struct Hello { name: String, version: Option<u32>, #[serde(default)] topic: Vec<String> }
///
/// // wss://.../prod?name=ana&topic=news&topic=sports
/// async fn connect(Query(hello): Query<Hello>) -> Accept {
///     Accept::user(hello.name)
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Sync> FromCall<Connect, S> for Query<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let query = call.event().query()?;
        let pairs: Vec<_> = query.iter().collect();
        let invalid =
            |error: pairs::PairsError| Error::new("invalid_query", truncate(&error.to_string()));
        pairs::parse(&pairs).map(Self).map_err(invalid)
    }
}

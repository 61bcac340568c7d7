//! The handshake's query as a type; only `$connect` has one.

use serde::de::DeserializeOwned;

use super::{pairs, told};
use crate::{Call, Error, extract::FromCall, kind::Connect};

/// The handshake's query parameters as a type, already percent-decoded.
///
/// Numbers, booleans and unit enums are parsed out of the text. A field that may be absent is an
/// `Option`, or `#[serde(default)]`; unknown parameters are ignored, unless `T` denies them. A
/// parameter that comes several times fits a `Vec` only. Inside `#[serde(flatten)]` all values are
/// strings. Tokens in a query end up in logs: prefer a header or a one-time ticket.
///
/// # Errors
/// A query that does not fit refuses the handshake with 400 and `invalid_query`; the message names
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
        let invalid = |fault: pairs::Fault| Error::new("invalid_query", told(&fault.to_string()));
        pairs::parse(&pairs).map(Self).map_err(invalid)
    }
}

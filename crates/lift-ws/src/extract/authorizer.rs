//! The context of the connection's Lambda authorizer, as a type.

use std::collections::BTreeMap;

use lift_event::{Event, wire::Str};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::pairs;
use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The context that a Lambda authorizer returned for this connection, as a type.
///
/// It has the authorizer's own keys, `principalId` and `integrationLatency`. The authorizer's response
/// may have at most 8 KB. Values are strings, numbers or booleans, but API Gateway turns some of them
/// into strings. So `level: u32` accepts `7` and `"7"`, and so does `String`. `serde_json::Value` and
/// fields inside `#[serde(flatten)]` get a string. A null counts as absent: use `Option` or
/// `#[serde(default)]`.
///
/// # Errors
/// `no_authorizer` (500) when the event has no context, because `$connect` has no authorizer. It
/// refuses a handshake, and the log says what to do. `internal_error` when the context does not fit
/// `T`; the log names the key.
///
/// ```
/// use lift_ws::{Accept, App, extract::Authorizer};
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Player { principal_id: String, #[serde(default)] level: u32 }
///
/// async fn connect(Authorizer(player): Authorizer<Player>) -> Accept {
///     Accept::user(player.principal_id)
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authorizer<T>(pub T);

impl<K: CallKind, T: DeserializeOwned + Send, S: Sync> FromCall<K, S> for Authorizer<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        context(call.event()).map(Self)
    }
}

/// The context of an event, as a type.
pub(crate) fn context<T: DeserializeOwned>(event: &Event) -> Result<T, Error> {
    let context = event.authorizer().ok_or_else(absent)?;
    let error = |error: String| Error::internal(format!("the authorizer's context: {error}"));
    parse(context).map_err(error)
}

fn absent() -> Error {
    Error::new("no_authorizer", "No authorizer has checked this connection")
        .with_status(500)
        .with_cause("the event has no authorizer context: attach a Lambda authorizer to `$connect`")
}

fn parse<T: DeserializeOwned>(context: &RawValue) -> Result<T, String> {
    let context: BTreeMap<Str<'_>, &RawValue> =
        serde_json::from_str(context.get()).map_err(|_| "is not an object")?;
    let texts = context.iter().filter_map(|(key, value)| Some((&**key, text(value)?)));
    let texts: Vec<(&str, Str<'_>)> = texts.collect();
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (*key, &**text)).collect();
    pairs::parse(&pairs).map_err(|error| error.to_string())
}

/// A string without its quotes, and other values as they are written; `None` for null.
fn text(value: &RawValue) -> Option<Str<'_>> {
    match value.get() {
        "null" => None,
        string if string.starts_with('"') => serde_json::from_str(string).ok(),
        other => Some(other.into()),
    }
}

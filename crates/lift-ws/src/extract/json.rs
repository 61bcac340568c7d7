//! A message's body as a type; the failure names the field.

use serde::de::DeserializeOwned;

use super::told;
use crate::{Call, Error, extract::FromCall, kind::Message};

/// A message's body, parsed; and, returned by a handler, a reply written as JSON.
///
/// Unknown fields, such as `action`, are ignored unless `T` denies them.
///
/// # Errors
/// A body that is not JSON or does not fit fails with `invalid_payload`; the message has the path
/// of the field at fault, such as `item.count`, and is cut at 200 characters.
///
/// ```
/// use lift_ws::{App, Json};
///
/// #[derive(serde::Deserialize)]
/// struct Add { left: i64, right: i64 }
///
/// async fn add(Json(add): Json<Add>) -> Json<i64> {
///     Json(add.left.saturating_add(add.right))
/// }
/// # let _ = App::new().route("add", add);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send, S: Sync> FromCall<Message, S> for Json<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let event = call.event();
        // Text is UTF-8 for certain, so that reading it need not check.
        let parsed = match event.text() {
            Some(text) => serde_json::from_str(text),
            None => serde_json::from_slice(event.body()),
        };
        parsed.map(Self).map_err(|_| locate::<T>(event.body()))
    }
}

/// What is wrong; where is said by the path, unless the text is no JSON at all.
fn what(fault: &serde_json::Error) -> String {
    let text = fault.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if fault.is_data() => what.to_owned(),
        _ => text,
    }
}

/// Parses once more, slowly, to learn which field is at fault.
fn locate<T: DeserializeOwned>(body: &[u8]) -> Error {
    let mut json = serde_json::Deserializer::from_slice(body);
    let message = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Ok(_) => "trailing characters after the JSON value".to_owned(),
        Err(fault) => match (fault.path().to_string().as_str(), what(fault.inner())) {
            (".", what) => what,
            (path, what) => format!("`{path}`: {what}"),
        },
    };
    Error::invalid_payload(told(&message))
}

//! A message's body as JSON, parsed into a type; errors name the field.

use serde::de::DeserializeOwned;

use super::truncate;
use crate::{Call, Error, extract::FromCall, kind::Message};

/// As an argument: a message's body, parsed from JSON. As a return value: a reply, written as JSON.
///
/// Unknown fields, such as `action`, are ignored unless `T` denies them.
///
/// # Errors
/// `invalid_payload` when the body is not JSON or does not fit `T`. The message has the path of the
/// wrong field, such as `item.count`, and is cut at 200 characters.
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
        // Text is known to be UTF-8, which saves a check.
        let parsed = match event.text() {
            Some(text) => serde_json::from_str(text),
            None => serde_json::from_slice(event.body()),
        };
        parsed.map(Self).map_err(|_| locate::<T>(event.body()))
    }
}

/// The error without its position, which the path replaces; with it when the text is not JSON.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.is_data() => what.to_owned(),
        _ => text,
    }
}

/// Parses again, slower, to find the path of the wrong field.
fn locate<T: DeserializeOwned>(body: &[u8]) -> Error {
    let mut json = serde_json::Deserializer::from_slice(body);
    let message = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Ok(_) => "trailing characters after the JSON value".to_owned(),
        Err(error) => match (error.path().to_string().as_str(), what(error.inner())) {
            (".", what) => what,
            (path, what) => format!("`{path}`: {what}"),
        },
    };
    Error::invalid_payload(truncate(&message))
}

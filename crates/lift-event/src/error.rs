//! The error of decoding. It names the field, and its size does not depend on the input.

use std::fmt;

use serde::Deserialize;

/// The longest path and the longest reason, in bytes: both may quote the input.
const MAX_TEXT: usize = 200;

/// The bytes are not an event or a reply.
///
/// [`field`](Self::field) is the wrong field. The text may quote a short part of the input, so it is for
/// logs and not for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    field: String,
    cause: String,
}

impl DecodeError {
    pub(crate) fn new(field: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { field: cut(field.into()), cause: cut(cause.to_string()) }
    }

    /// Parses the text again, slower, to find the wrong field.
    pub(crate) fn locate<'de, T: Deserialize<'de>>(text: &'de str, within: &str) -> Self {
        let mut json = serde_json::Deserializer::from_str(text);
        let (path, cause) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Err(cause) => (cause.path().to_string(), cause.inner().to_string()),
            // The value is valid, so the error is after it.
            Ok(_) => (".".to_owned(), "trailing characters after the JSON value".to_owned()),
        };
        let path = if path == "." { "" } else { &path };
        let parts = [within, path, own_name(&cause).unwrap_or_default()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self::new(if parts.is_empty() { ".".to_owned() } else { parts.join(".") }, cause)
    }

    /// The path of the wrong field, such as `requestContext.connectionId`; `.` for the whole text.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.cause)
    }
}

impl std::error::Error for DecodeError {}

/// The name of a missing or duplicate field, which the path does not have.
fn own_name(cause: &str) -> Option<&str> {
    let heads = ["missing field `", "duplicate field `"];
    let rest = heads.iter().find_map(|head| cause.strip_prefix(head))?;
    rest.split_once('`').map(|(name, _)| name)
}

/// Cuts a text that may quote the input, and replaces its control characters.
fn cut(text: String) -> String {
    let mut text = text.replace(char::is_control, "\u{fffd}");
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

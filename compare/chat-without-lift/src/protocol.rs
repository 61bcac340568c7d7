//! What clients send and receive.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest name and room, in bytes.
pub(crate) const MAX_NAME: usize = 64;

/// The longest text, in characters.
const MAX_TEXT: usize = 2_000;

/// What a client receives.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToClient<'a> {
    /// A message of a user; `at` is in milliseconds since 1970.
    Message { room: &'a str, user: &'a str, text: &'a str, at: i64 },
    /// The users in the room, each once.
    Members { room: &'a str, users: BTreeSet<&'a str> },
    /// A connection of a user opened.
    Joined { user: &'a str },
    /// A connection of a user ended.
    Left { user: &'a str },
    /// The reply to a ping.
    Pong,
    /// The client's message is invalid, or could not be handled.
    Error { code: &'a str, message: &'a str },
}

impl<'a> ToClient<'a> {
    pub(crate) fn error(code: &'a str, message: &'a str) -> Self {
        Self::Error { code, message }
    }
}

#[derive(Deserialize)]
struct Say {
    text: String,
}

/// Returns the text of a message, or the reason why the message is invalid.
pub(crate) fn parse_say(body: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let Say { text } = serde_path_to_error::deserialize(value).map_err(|error| {
        match error.path().to_string().as_str() {
            "." => error.inner().to_string(),
            path => format!("`{path}`: {}", error.inner()),
        }
    })?;
    match text.chars().count() {
        0..=MAX_TEXT => Ok(text),
        long => Err(format!("`text`: has {long} characters; {MAX_TEXT} is the limit")),
    }
}

//! A message's body as it came: text or bytes.

use bytes::Bytes;

use crate::{Call, Error, extract::FromCall, kind::Message};

/// A message's text.
///
/// # Errors
/// `invalid_payload` when the message came as bytes that are not UTF-8.
///
/// ```
/// use lift_ws::{App, Text};
///
/// async fn echo(Text(text): Text) -> String {
///     text
/// }
/// # let _ = App::new().default_route(echo);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl<S: Sync> FromCall<Message, S> for Text {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let text = call.event().text();
        text.map(|text| Self(text.to_owned()))
            .ok_or_else(|| Error::invalid_payload("the message is not UTF-8 text"))
    }
}

/// A message's bytes, base64 already decoded when the event says so; empty without a body. Never
/// fails. API Gateway takes text frames only: a client sends bytes as base64, which arrives decoded
/// where the route's integration says `CONVERT_TO_BINARY`, and as its text elsewhere.
///
/// ```
/// use lift_ws::{App, extract::Bytes};
///
/// async fn measure(body: Bytes) -> String {
///     format!("{} bytes", body.len())
/// }
/// # let _ = App::new().default_route(measure);
/// ```
impl<S: Sync> FromCall<Message, S> for Bytes {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self::copy_from_slice(call.event().body()))
    }
}

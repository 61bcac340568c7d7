//! A message's body, not parsed: text or bytes.

use bytes::Bytes;

use crate::{Call, Error, extract::FromCall, kind::Message};

/// A message's text.
///
/// # Errors
/// `invalid_payload` when the body is not UTF-8.
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

/// A message's bytes; empty without a body. Never fails. Base64 is decoded when the event marks it.
/// API Gateway accepts text frames only, so clients send bytes as base64. With the integration setting
/// `CONVERT_TO_BINARY` they arrive decoded, otherwise as base64 text.
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

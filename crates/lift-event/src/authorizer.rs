//! The event of a Lambda REQUEST authorizer: a `$connect` event with `type` and `methodArn` ([R-2.2]).

use bytes::Bytes;

use crate::{DecodeError, Event, Payload, decode};

/// The event of a Lambda authorizer.
#[derive(Clone, Debug)]
pub struct AuthorizerRequest {
    method_arn: String,
    event: Event,
}

impl AuthorizerRequest {
    /// Reads an authorizer's event.
    ///
    /// # Errors
    /// When the bytes are not the event of an authorizer. The error names the field.
    pub fn decode(payload: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let text = decode::text(payload.into())?;
        let payload = Payload::decode(&text)?;
        if payload.request_type.as_deref() != Some("REQUEST") {
            return Err(DecodeError::new("type", "is not `REQUEST`"));
        }
        let Some(method_arn) = payload.method_arn.as_deref().map(str::to_owned) else {
            return Err(DecodeError::new("methodArn", "missing field"));
        };
        let event = decode::build(&text, payload)?.of(text);
        Ok(Self { method_arn, event })
    }

    /// The ARN that the authorizer has to allow: `arn:aws:execute-api:{region}:{account}:{api}/{stage}/$connect`.
    #[must_use]
    pub fn method_arn(&self) -> &str {
        &self.method_arn
    }

    /// The handshake: headers, query, ids and times.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }
}

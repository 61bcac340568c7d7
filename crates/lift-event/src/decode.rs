//! From bytes to an [`Event`]: one pass over the JSON, then spans into the text.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    DecodeError, Event, Payload,
    event::{Body, Disconnect, Inner, Span},
    wire::Str,
};

/// The largest payload that spans can address. Lambda's own limit is 6 MB.
const MAX_PAYLOAD: usize = u32::MAX as usize / 2;

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// When the bytes are not an event of a connection. The error names the field. The event of a
    /// Lambda authorizer is an error, although it looks like a `$connect`.
    pub fn decode(payload: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let text = text(payload.into())?;
        let payload = Payload::decode(&text)?;
        if payload.request_type.is_some() || payload.method_arn.is_some() {
            let cause = "this is the event of a Lambda authorizer, not of a connection";
            return Err(DecodeError::new("methodArn", cause));
        }
        let inner = build(&text, payload)?;
        Ok(inner.of(text))
    }
}

/// The payload as text.
pub(crate) fn text(bytes: Bytes) -> Result<String, DecodeError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(DecodeError::new(".", "the payload is larger than 2 GiB"));
    }
    String::from_utf8(bytes.into()).map_err(|cause| DecodeError::new(".", cause.utf8_error()))
}

/// Checks the payload and finds the spans of its strings. The text is added later, because the payload
/// borrows from it.
pub(crate) fn build(text: &str, payload: Payload<'_>) -> Result<Inner, DecodeError> {
    let context = &payload.request_context;
    if context.connection_id.is_empty() {
        return Err(DecodeError::new("requestContext.connectionId", "is empty"));
    }
    let mut spans = Spans { text, unescaped: String::new() };
    let body = match (payload.body, payload.is_base64_encoded) {
        (Some(body), Some(true)) => match STANDARD.decode(body.as_bytes()) {
            Ok(bytes) => Body::Bytes(bytes.into()),
            Err(cause) => return Err(DecodeError::new("body", format!("bad base64: {cause}"))),
        },
        (Some(body), _) => Body::Text(spans.owned(body)),
        (None, _) => Body::Text(Span::default()),
    };
    let mut inner = Inner {
        text: String::new(),
        unescaped: String::new(),
        kind: context.event_type,
        body,
        connected_at: context.connected_at,
        request_time_epoch: context.request_time_epoch,
        connection_id: spans.str(&context.connection_id),
        route_key: spans.str(&context.route_key),
        stage: spans.str(&context.stage),
        domain_name: spans.str(&context.domain_name),
        api_id: spans.str(&context.api_id),
        request_id: spans.str(&context.request_id),
        request_time: spans.str(&context.request_time),
        message_id: spans.optional(context.message_id.as_ref()),
        source_ip: spans.optional(context.identity.source_ip.as_ref()),
        user_agent: spans.optional(context.identity.user_agent.as_ref()),
        disconnect: Disconnect {
            code: context.disconnect_status_code,
            reason: spans.optional(context.disconnect_reason.as_ref()),
        },
        headers: spans.object("headers", payload.headers)?,
        multi_headers: spans.object("multiValueHeaders", payload.multi_value_headers)?,
        query: spans.object("queryStringParameters", payload.query_string_parameters)?,
        multi_query: spans.object(
            "multiValueQueryStringParameters",
            payload.multi_value_query_string_parameters,
        )?,
        stage_variables: spans.object("stageVariables", payload.stage_variables)?,
        authorizer: spans.object("requestContext.authorizer", context.authorizer)?,
    };
    inner.unescaped = spans.unescaped;
    Ok(inner)
}

/// Turns borrowed strings into spans of the text, and collects owned ones, which had escapes. Spans after
/// the end of the text point into those.
struct Spans<'a> {
    text: &'a str,
    unescaped: String,
}

impl Spans<'_> {
    /// The first owned string, which is the body, becomes the buffer without a copy.
    fn owned(&mut self, str: Str<'_>) -> Span {
        match str.0 {
            Cow::Owned(part) if self.unescaped.is_empty() => {
                self.unescaped = part;
                Span::new(self.text.len(), self.text.len() + self.unescaped.len())
            }
            other => self.str(&Str(other)),
        }
    }

    fn str(&mut self, str: &Str<'_>) -> Span {
        match &str.0 {
            Cow::Borrowed(part) => self.within(part),
            Cow::Owned(part) => {
                let start = self.text.len() + self.unescaped.len();
                self.unescaped.push_str(part);
                Span::new(start, start + part.len())
            }
        }
    }

    fn optional(&mut self, str: Option<&Str<'_>>) -> Option<Span> {
        str.map(|str| self.str(str))
    }

    fn object(&self, field: &str, raw: Option<&RawValue>) -> Result<Option<Span>, DecodeError> {
        let Some(raw) = raw.map(RawValue::get) else { return Ok(None) };
        if !raw.starts_with('{') {
            return Err(DecodeError::new(field, "is not an object"));
        }
        Ok(Some(self.within(raw)))
    }

    /// The span of a string that is borrowed from the text.
    fn within(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        Span::new(start, start + part.len())
    }
}

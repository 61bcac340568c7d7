//! What a function returns to API Gateway: status, subprotocol, body ([R-4.17], [R-5.1.5]).
//!
//! API Gateway answers a reply with an unknown key with an "Internal server error" frame. So the encoder
//! writes known keys only, and the decoder refuses others.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{DecodeError, ErrorMark, object::Object, wire::Str};

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

/// A function's reply to one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    subprotocol: Option<String>,
    body: Option<Body>,
    /// The error that the reply means, which only `lift dev` gets.
    error: Option<Box<ErrorMark>>,
}

/// The form of a body in the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Text(String),
    Base64(Vec<u8>),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire<'a> {
    status_code: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    body: Option<Str<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
}

impl Reply {
    /// A reply with an HTTP status and nothing else. At `$connect`, 2xx accepts.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, subprotocol: None, body: None, error: None }
    }

    /// Adds a body: on a two-way route, the text that the client receives.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        let body = String::from_utf8(body.into()).map(Body::Text);
        self.body = Some(body.unwrap_or_else(|cause| Body::Base64(cause.into_bytes())));
        self
    }

    /// Adds the chosen subprotocol to the reply of a `$connect`.
    #[must_use]
    pub fn with_subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.subprotocol = Some(subprotocol.into());
        self
    }

    /// Sets or removes the error that the reply means.
    #[doc(hidden)]
    #[must_use]
    pub fn with_error(mut self, error: Option<Box<ErrorMark>>) -> Self {
        self.error = error;
        self
    }

    /// The error that the reply means.
    #[doc(hidden)]
    #[must_use]
    pub fn error(&self) -> Option<&ErrorMark> {
        self.error.as_deref()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The chosen subprotocol.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The body, base64 already decoded.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_ref().map(|body| match body {
            Body::Text(text) => text.as_bytes(),
            Body::Base64(bytes) => bytes,
        })
    }

    /// Whether the body is encoded as base64, because it is not UTF-8.
    #[must_use]
    pub fn is_base64(&self) -> bool {
        matches!(self.body, Some(Body::Base64(_)))
    }

    /// The body, without a copy.
    #[must_use]
    pub fn into_body(self) -> Option<Vec<u8>> {
        self.body.map(|body| match body {
            Body::Text(text) => text.into_bytes(),
            Body::Base64(bytes) => bytes,
        })
    }

    /// The bytes that the function returns. A body that is not UTF-8 is encoded as base64.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (body, is_base64_encoded) = match &self.body {
            None => (None, None),
            Some(Body::Text(text)) => (Some(Str::from(text.as_str())), None),
            Some(Body::Base64(bytes)) => (Some(STANDARD.encode(bytes).into()), Some(true)),
        };
        let wire = Wire {
            status_code: self.status,
            headers: self
                .subprotocol
                .as_deref()
                .map(|chosen| Map::from_iter([(SUBPROTOCOL.to_owned(), Value::from(chosen))])),
            multi_value_headers: None,
            body,
            is_base64_encoded,
        };
        // Enough for the keys, and for the escaped quotes of a JSON body.
        let length = self.body().map_or(0, |body| body.len() + body.len() / 4);
        let mut bytes = Vec::with_capacity(128 + length);
        // Strings and numbers cannot fail to serialize into memory.
        let _ = serde_json::to_writer(&mut bytes, &wire);
        bytes
    }

    /// The bytes that the function returns to `lift dev`, with the mark of an error.
    #[doc(hidden)]
    #[must_use]
    pub fn encode_marked(&self) -> Vec<u8> {
        let reply = self.encode();
        match &self.error {
            Some(mark) => mark.put_before(&reply),
            None => reply,
        }
    }

    /// Reads what a function returned, as strictly as API Gateway does.
    ///
    /// # Errors
    /// When it is not a JSON object with a `statusCode`, or has a key that API Gateway refuses.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(bytes).map_err(|cause| DecodeError::new(".", cause))?;
        let Object(wire) = serde_json::from_str::<Object<Wire<'_>>>(text)
            .map_err(|_| DecodeError::locate::<Object<Wire<'_>>>(text, ""))?;
        if !(100..600).contains(&wire.status_code) {
            return Err(DecodeError::new("statusCode", "is not an HTTP status"));
        }
        let body = match (wire.body, wire.is_base64_encoded) {
            (None, _) => None,
            (Some(body), Some(true)) => match STANDARD.decode(body.as_bytes()) {
                Ok(bytes) => Some(Body::Base64(bytes)),
                Err(cause) => return Err(DecodeError::new("body", format!("bad base64: {cause}"))),
            },
            (Some(body), _) => Some(Body::Text(body.0.into_owned())),
        };
        let subprotocol = [wire.headers, wire.multi_value_headers]
            .into_iter()
            .flatten()
            .flatten()
            .find(|(name, _)| name.eq_ignore_ascii_case(SUBPROTOCOL))
            .and_then(|(_, value)| match value {
                Value::Array(values) => values.first()?.as_str().map(str::to_owned),
                value => value.as_str().map(str::to_owned),
            });
        Ok(Self { status: wire.status_code, subprotocol, body, error: None })
    }
}

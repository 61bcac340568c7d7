//! One event of a connection, as the function sees it: the text of the payload, and spans into it.
//!
//! Cloning an `Event` costs one reference count. It has no lifetime, so handlers can be plain async
//! functions.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{DecodeError, EventKind, Fields, Timestamp};

/// An event that API Gateway sent.
#[derive(Clone)]
pub struct Event(pub(crate) Arc<Inner>);

/// The position of a string in [`Inner::text`], or after its end in [`Inner::unescaped`].
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // `decode` refuses payloads above 2 GiB, so offsets fit.
        Self { start: start as u32, end: end as u32 }
    }
}

pub(crate) enum Body {
    Text(Span),
    Bytes(Bytes),
}

pub(crate) struct Disconnect {
    pub(crate) code: Option<i32>,
    pub(crate) reason: Option<Span>,
}

pub(crate) struct Inner {
    /// The payload.
    pub(crate) text: String,
    /// Strings that had escapes. Their spans start after the end of `text`.
    pub(crate) unescaped: String,
    pub(crate) kind: EventKind,
    pub(crate) body: Body,
    pub(crate) connected_at: Timestamp,
    pub(crate) request_time_epoch: Timestamp,
    pub(crate) connection_id: Span,
    pub(crate) route_key: Span,
    pub(crate) stage: Span,
    pub(crate) domain_name: Span,
    pub(crate) api_id: Span,
    pub(crate) request_id: Span,
    pub(crate) request_time: Span,
    pub(crate) message_id: Option<Span>,
    pub(crate) source_ip: Option<Span>,
    pub(crate) user_agent: Option<Span>,
    pub(crate) disconnect: Disconnect,
    pub(crate) headers: Option<Span>,
    pub(crate) multi_headers: Option<Span>,
    pub(crate) query: Option<Span>,
    pub(crate) multi_query: Option<Span>,
    pub(crate) stage_variables: Option<Span>,
    pub(crate) authorizer: Option<Span>,
}

impl Inner {
    /// Makes an event, with the text that the spans point into.
    pub(crate) fn of(mut self, text: String) -> Event {
        self.text = text;
        Event(Arc::new(self))
    }
}

impl Event {
    /// The text of the payload.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.0.text
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.0.kind
    }

    /// The connection's id.
    #[must_use]
    pub fn connection_id(&self) -> &str {
        self.at(self.0.connection_id)
    }

    /// The selected route: `$connect`, `$disconnect`, `$default` or a key of the app.
    #[must_use]
    pub fn route_key(&self) -> &str {
        self.at(self.0.route_key)
    }

    /// The stage's name.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.at(self.0.stage)
    }

    /// The host that the client connected to. The client chooses it, so do not send signed requests to
    /// a URL that is made from it.
    #[must_use]
    pub fn domain_name(&self) -> &str {
        self.at(self.0.domain_name)
    }

    /// The API's id.
    #[must_use]
    pub fn api_id(&self) -> &str {
        self.at(self.0.api_id)
    }

    /// The event's id, new for each event.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.at(self.0.request_id)
    }

    /// When the event happened, as `dd/MMM/yyyy:HH:mm:ss +0000`.
    #[must_use]
    pub fn request_time(&self) -> &str {
        self.at(self.0.request_time)
    }

    /// When the event happened.
    #[must_use]
    pub fn request_time_epoch(&self) -> Timestamp {
        self.0.request_time_epoch
    }

    /// When the connection opened; the same for all its events.
    #[must_use]
    pub fn connected_at(&self) -> Timestamp {
        self.0.connected_at
    }

    /// The message's id; `None` for `$connect` and `$disconnect`.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.maybe(self.0.message_id)
    }

    /// The client's address.
    #[must_use]
    pub fn source_ip(&self) -> Option<&str> {
        self.maybe(self.0.source_ip)
    }

    /// The client's `User-Agent`.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.maybe(self.0.user_agent)
    }

    /// The close code of a `$disconnect`, such as 1001.
    #[must_use]
    pub fn disconnect_code(&self) -> Option<i32> {
        self.0.disconnect.code
    }

    /// The close reason of a `$disconnect`, possibly empty.
    #[must_use]
    pub fn disconnect_reason(&self) -> Option<&str> {
        self.maybe(self.0.disconnect.reason)
    }

    /// A message's bytes, base64 already decoded; empty when there is no body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.0.body {
            Body::Text(span) => self.at(*span).as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }

    /// A message's text; `None` when it was sent as base64 of bytes that are not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.0.body {
            Body::Text(span) => Some(self.at(*span)),
            Body::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        }
    }

    /// The handshake's headers, on `$connect` only. Each call parses them.
    ///
    /// # Errors
    /// When a value is not a string.
    pub fn headers(&self) -> Result<Fields<'_>, DecodeError> {
        let raw = (self.maybe(self.0.headers), self.maybe(self.0.multi_headers));
        Fields::headers(raw.0, raw.1)
    }

    /// The handshake's query parameters, on `$connect` only. Each call parses them.
    ///
    /// # Errors
    /// When a value is not a string.
    pub fn query(&self) -> Result<Fields<'_>, DecodeError> {
        let raw = (self.maybe(self.0.query), self.maybe(self.0.multi_query));
        Fields::query(raw.0, raw.1)
    }

    /// The stage's variables. Each call parses them.
    ///
    /// # Errors
    /// When a value is not a string.
    pub fn stage_variables(&self) -> Result<Fields<'_>, DecodeError> {
        Fields::stage_variables(self.maybe(self.0.stage_variables))
    }

    /// The context of a Lambda authorizer, as JSON.
    #[must_use]
    pub fn authorizer(&self) -> Option<&RawValue> {
        // `decode` checked that it is JSON.
        serde_json::from_str(self.maybe(self.0.authorizer)?).ok()
    }

    fn at(&self, span: Span) -> &str {
        let (start, end) = (span.start as usize, span.end as usize);
        let Inner { text, unescaped, .. } = &*self.0;
        let part = match start < text.len() {
            true => text.get(start..end),
            false => unescaped.get(start - text.len()..end - text.len()),
        };
        part.unwrap_or_default()
    }

    fn maybe(&self, span: Option<Span>) -> Option<&str> {
        span.map(|span| self.at(span))
    }
}

/// Shows the ids of the event, and neither body, headers nor query: they may be secrets.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind())
            .field("route_key", &self.route_key())
            .field("connection_id", &self.connection_id())
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}

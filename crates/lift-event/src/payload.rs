//! The JSON of an event, field by field: the gateway encodes it and [`Event`] decodes it.
//!
//! Which fields an event has depends on its type ([R-1.1]); absent and `null` are
//! the same. Maps stay raw JSON until they are used.
//!
//! [`Event`]: crate::Event

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    DecodeError, Timestamp,
    object::{self, Object},
    wire::Str,
};

/// An event as API Gateway sends it to the function.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    /// `REQUEST` in the event of a Lambda authorizer, else absent.
    #[serde(rename = "type", borrow, default, skip_serializing_if = "Option::is_none")]
    pub request_type: Option<Str<'a>>,
    /// The ARN that a Lambda authorizer is asked about, else absent.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub method_arn: Option<Str<'a>>,
    /// The handshake's headers, case as sent; an object of strings.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<&'a RawValue>,
    /// The same headers; an object of lists of strings.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub multi_value_headers: Option<&'a RawValue>,
    /// The handshake's query, the last value of each name; absent without a query.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub query_string_parameters: Option<&'a RawValue>,
    /// The handshake's query; an object of lists of strings.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub multi_value_query_string_parameters: Option<&'a RawValue>,
    /// The stage's variables; absent when it has none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub stage_variables: Option<&'a RawValue>,
    /// The connection, the client, the route and the time.
    #[serde(borrow, deserialize_with = "object::required")]
    pub request_context: RequestContext<'a>,
    /// The text of a message, as the client sent it.
    #[serde(
        borrow,
        default,
        deserialize_with = "crate::unescape::body",
        skip_serializing_if = "Option::is_none"
    )]
    pub body: Option<Str<'a>>,
    /// Whether `body` is base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_base64_encoded: Option<bool>,
}

/// The part of an event with the connection, the client, the route and the time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext<'a> {
    /// The selected route: `$connect`, `$disconnect`, `$default` or a key of the user's own.
    #[serde(borrow)]
    pub route_key: Str<'a>,
    /// What a Lambda authorizer said at `$connect`; a flat object.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub authorizer: Option<&'a RawValue>,
    /// The message's id; only on messages.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Str<'a>>,
    /// Why the connection closed, an RFC 6455 code; only on `$disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect_status_code: Option<i32>,
    /// Which of the three kinds of event this is.
    pub event_type: EventKind,
    /// Equal to `request_id`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub extended_request_id: Option<Str<'a>>,
    /// `dd/MMM/yyyy:HH:mm:ss +0000`, in UTC.
    #[serde(borrow)]
    pub request_time: Str<'a>,
    /// Always `IN`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub message_direction: Option<Str<'a>>,
    /// The close frame's reason, possibly empty; only on `$disconnect`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub disconnect_reason: Option<Str<'a>>,
    /// The stage's name.
    #[serde(borrow)]
    pub stage: Str<'a>,
    /// When the connection opened.
    pub connected_at: Timestamp,
    /// When this event happened.
    pub request_time_epoch: Timestamp,
    /// The client's address and user agent.
    #[serde(borrow, default, deserialize_with = "object::nullable")]
    pub identity: Identity<'a>,
    /// New for each event.
    #[serde(borrow)]
    pub request_id: Str<'a>,
    /// The host that the client connected to; a custom domain if it used one.
    #[serde(borrow)]
    pub domain_name: Str<'a>,
    /// The connection's id, such as `R1kmxc2VNjMCFIA=`.
    #[serde(borrow)]
    pub connection_id: Str<'a>,
    /// The API's id.
    #[serde(borrow)]
    pub api_id: Str<'a>,
}

/// The client's address and user agent, and its identity by API key or IAM.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity<'a> {
    /// The API key of the client, if the API needs one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Str<'a>>,
    /// The id of that key.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<Str<'a>>,
    /// The account that signed the handshake; like the next four only with `AWS_IAM`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Str<'a>>,
    /// The principal that signed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Str<'a>>,
    /// The same principal, as the user.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Str<'a>>,
    /// The ARN of that principal.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user_arn: Option<Str<'a>>,
    /// The access key that signed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<Str<'a>>,
    /// The client's `User-Agent`, if it sent one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Str<'a>>,
    /// The client's address.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<Str<'a>>,
}

/// What happened to the connection: `requestContext.eventType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventKind {
    /// A client asks to connect; the reply decides.
    Connect,
    /// A client sent a message.
    Message,
    /// The connection is closed; the reply is ignored.
    Disconnect,
}

impl<'a> Payload<'a> {
    /// Reads the JSON. [`Event::decode`](crate::Event::decode) also checks the values.
    ///
    /// # Errors
    /// When the text is not JSON of this form. The error names the field.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        match serde_json::from_str::<Object<Self>>(text) {
            Ok(Object(payload)) => Ok(payload),
            Err(_) => Err(DecodeError::locate::<Object<Self>>(text, "")),
        }
    }

    /// The bytes that the function receives.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        // Strings, numbers and raw JSON cannot fail to serialize into memory.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

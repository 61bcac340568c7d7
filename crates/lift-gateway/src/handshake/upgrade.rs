//! Checks that a request is a well-formed upgrade to WebSocket (RFC 6455, section 4.2.1), and makes its
//! 101 response.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header};
use hyper::body::{Body, Incoming};
use lift_event::{Reply, wire::list_items};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{response, response::ApiResponse};

/// What is wrong with an upgrade request, for the client's developer.
pub(crate) struct BadUpgrade(pub(crate) &'static str);

impl BadUpgrade {
    pub(crate) fn into_response(self) -> ApiResponse {
        response::text(StatusCode::BAD_REQUEST, self.0)
    }
}

/// The accept key of a well-formed upgrade.
pub(crate) fn accept_key(request: &Request<Incoming>) -> Result<String, BadUpgrade> {
    let headers = request.headers();
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return Err(BadUpgrade("A WebSocket handshake is a GET of HTTP/1.1.\n"));
    }
    if !request.body().is_end_stream() {
        return Err(BadUpgrade("A WebSocket handshake has no body.\n"));
    }
    let lists = |name, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        list_items(values).any(|item| item.eq_ignore_ascii_case(wanted))
    };
    if !lists(header::UPGRADE, "websocket") || !lists(header::CONNECTION, "upgrade") {
        return Err(BadUpgrade("The upgrade is not one to WebSocket.\n"));
    }
    if one(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(BadUpgrade("Sec-WebSocket-Version has to be 13.\n"));
    }
    let key = one(headers, header::SEC_WEBSOCKET_KEY);
    let nonce = |key: &str| STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    let key = key.filter(|key| nonce(key));
    let key = key.map(|key| derive_accept_key(key.as_bytes()));
    key.ok_or(BadUpgrade("Sec-WebSocket-Key has to be 16 bytes in base64.\n"))
}

/// The value of a header that was sent exactly once.
fn one(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The 101. No other header of the function goes out, as on AWS.
pub(crate) fn switch(key: &str, subprotocol: Option<HeaderValue>) -> ApiResponse {
    let mut response = response::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    // An accept key is base64, so a valid header value.
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some(subprotocol) = subprotocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}

/// The subprotocol that the function chose, if the client offered it. AWS does not document what it
/// does with another one. A client would have to fail the handshake, so it is dropped and logged.
pub(crate) fn subprotocol(headers: &HeaderMap, reply: &Reply) -> Option<HeaderValue> {
    let chosen = reply.subprotocol()?;
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let values = offered.iter().filter_map(|value| value.to_str().ok());
    if !list_items(values).any(|offer| offer == chosen) {
        tracing::warn!(?chosen, "$connect chose a subprotocol that the client did not offer");
        return None;
    }
    HeaderValue::from_str(chosen).ok()
}

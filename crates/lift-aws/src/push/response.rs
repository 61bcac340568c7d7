//! What an answer of `@connections` says (reference, section 6).

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use lift_ws::push::{ConnectionInfo, PushError};
use serde::Deserialize;

/// What a status that is no success means.
pub(super) fn fault(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> PushError {
    match status {
        StatusCode::GONE => PushError::gone(),
        StatusCode::TOO_MANY_REQUESTS => PushError::throttled(),
        StatusCode::PAYLOAD_TOO_LARGE => PushError::too_large(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            PushError::forbidden(text(status, headers, body))
        }
        status if status.is_client_error() => PushError::refused(text(status, headers, body)),
        _ => PushError::failed(text(status, headers, body)),
    }
}

/// What the log says of an error: status, type and the gateway's own words.
fn text(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers.get("x-amzn-errortype").and_then(|kind| kind.to_str().ok());
    let body = String::from_utf8_lossy(body);
    format!("{status} {} {}", kind.unwrap_or_default(), body.trim()).escape_debug().to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    connected_at: String,
    last_active_at: String,
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    source_ip: String,
    /// Missing when the client sent none.
    user_agent: Option<String>,
}

pub(super) fn info(body: &[u8]) -> Result<ConnectionInfo, PushError> {
    let Info { connected_at, last_active_at, identity } =
        serde_json::from_slice(body).map_err(PushError::failed)?;
    Ok(ConnectionInfo {
        connected_at: millis(&connected_at)?,
        last_active_at: millis(&last_active_at)?,
        source_ip: identity.source_ip,
        user_agent: identity.user_agent,
    })
}

/// A time of ISO 8601 in milliseconds since 1970.
fn millis(time: &str) -> Result<u64, PushError> {
    let time: Timestamp = time.parse().map_err(PushError::failed)?;
    // API Gateway is younger than 1970.
    Ok(u64::try_from(time.as_millisecond()).unwrap_or_default())
}

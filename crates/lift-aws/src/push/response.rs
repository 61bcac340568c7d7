//! Responses of `@connections` as errors and values ([R-6]).

use http::{HeaderMap, StatusCode};
use lift_ws::{
    event::{Timestamp, text::line},
    push::{ConnectionInfo, PushError},
};
use serde::Deserialize;

/// The error of a status that is not a success.
pub(super) fn error(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> PushError {
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

/// The cause in words: status, error type and the gateway's message, escaped for a log and a terminal.
fn text(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let error_type = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let body = String::from_utf8_lossy(body);
    let text = format!("{status} {} {}", error_type.unwrap_or_default(), body.trim());
    line(&text).into_owned()
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
    /// Missing when the client sent no such header.
    user_agent: Option<String>,
}

pub(super) fn info(body: &[u8]) -> Result<ConnectionInfo, PushError> {
    let Info { connected_at, last_active_at, identity } =
        serde_json::from_slice(body).map_err(PushError::failed)?;
    let mut info = ConnectionInfo::new(timestamp(&connected_at)?, identity.source_ip);
    info.last_active_at = timestamp(&last_active_at)?;
    info.user_agent = identity.user_agent;
    Ok(info)
}

/// Parses an ISO 8601 time.
fn timestamp(time: &str) -> Result<Timestamp, PushError> {
    let time: jiff::Timestamp = time.parse().map_err(PushError::failed)?;
    // A time before 1970 cannot be: it becomes 1970.
    Ok(Timestamp::from_millis(u64::try_from(time.as_millisecond()).unwrap_or_default()))
}

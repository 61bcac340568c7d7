//! Admits or refuses a client before `$connect`: throttles, then authorizer or signature, then API key
//! ([R-2]).

use std::sync::Arc;

use http::{StatusCode, request::Parts};

use super::{
    authorizer,
    grant::{Grant, Refusal},
    head::RequestHead,
};
use crate::{
    ApiKey, ApiKeySource, Authorization, Settings, SignedRequest, connection::Connection,
    event::RequestInfo, gateway::Gateway,
};

/// What the client proved, or why it is refused before `$connect`.
pub(crate) async fn admit(
    gateway: &Arc<Gateway>,
    connection: &Connection,
    request_info: &RequestInfo,
    parts: &Parts,
    head: &RequestHead,
) -> Result<Option<Box<Grant>>, Refusal> {
    let settings = &gateway.settings;
    if !gateway.buckets.handshake() {
        return Err(Refusal::Throttled);
    }
    let mut granted = Grant::default();
    let mut usage_key = None;
    match &settings.authorization {
        Authorization::None if settings.api_keys.is_none() => return Ok(None),
        Authorization::None => {}
        Authorization::Lambda(authorizer) => {
            let request = authorizer::AuthorizerCall { authorizer, connection, request_info, head };
            let allowed = request.ask(gateway).await?;
            granted.authorizer = Some(allowed.context);
            usage_key = allowed.usage_key;
        }
        Authorization::Iam(signatures) => {
            let Parts { method, uri, headers, .. } = parts;
            let signed = SignedRequest { method, uri, headers, body: &[] };
            granted.caller = Some(signatures.check(&signed).map_err(Refusal::BadSignature)?);
        }
    }
    granted.api_key = api_key(gateway, head, usage_key.as_deref())?;
    Ok(Some(Box::new(granted)))
}

/// The client's API key, if the API requires one.
fn api_key(
    gateway: &Gateway,
    head: &RequestHead,
    usage_key: Option<&str>,
) -> Result<Option<ApiKey>, Refusal> {
    let Settings { api_keys, undocumented, .. } = &gateway.settings;
    let Some(keys) = api_keys else { return Ok(None) };
    let received_key = match keys.source {
        ApiKeySource::Header => head.header("x-api-key"),
        ApiKeySource::Authorizer => usage_key,
    };
    let known = |received_key: &str| {
        keys.keys.iter().find(|key| constant_time_eq(&key.value, received_key))
    };
    let Some(key) = received_key.and_then(known) else {
        let status = StatusCode::from_u16(undocumented.api_key_status);
        return Err(Refusal::NoKey(status.unwrap_or(StatusCode::FORBIDDEN)));
    };
    match gateway.buckets.key(key) {
        true => Ok(Some(key.clone())),
        false => Err(Refusal::Throttled),
    }
}

/// Compares two secrets in constant time.
pub(crate) fn constant_time_eq(secret: &str, received: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(secret.as_bytes(), received.as_bytes()).into()
}

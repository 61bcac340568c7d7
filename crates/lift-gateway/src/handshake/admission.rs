//! Who may connect: throttles, authorizer or signature, API key, in this order and before `$connect`
//! ([R-2]).

use std::sync::Arc;

use http::{StatusCode, request::Parts};

use super::{
    authorizer,
    grant::{Granted, Refusal},
    head::Head,
};
use crate::{
    ApiKey, ApiKeySource, Authorization, Settings, SignedRequest, connection::Connection,
    event::Moment, gateway::Gateway,
};

/// Lets a client in as far as `$connect`, or not.
pub(crate) async fn admit(
    gateway: &Arc<Gateway>,
    connection: &Connection,
    moment: &Moment,
    parts: &Parts,
    head: &Head,
) -> Result<Option<Box<Granted>>, Refusal> {
    let settings = &gateway.settings;
    if !gateway.buckets.handshake() {
        return Err(Refusal::Throttled);
    }
    let mut granted = Granted::default();
    let mut usage_key = None;
    match &settings.authorization {
        Authorization::None if settings.api_keys.is_none() => return Ok(None),
        Authorization::None => {}
        Authorization::Lambda(authorizer) => {
            let request = authorizer::Request { authorizer, connection, moment, head };
            let allowed = request.ask(gateway).await?;
            granted.authorizer = Some(allowed.context);
            usage_key = allowed.usage_key;
        }
        Authorization::Iam(signatures) => {
            let Parts { method, uri, headers, .. } = parts;
            let signed = SignedRequest { method, uri, headers, body: &[] };
            granted.caller = Some(signatures.check(&signed).map_err(Refusal::Denied)?);
        }
    }
    granted.api_key = api_key(gateway, head, usage_key.as_deref())?;
    Ok(Some(Box::new(granted)))
}

/// The client's API key, if the API wants one.
fn api_key(
    gateway: &Gateway,
    head: &Head,
    usage_key: Option<&str>,
) -> Result<Option<ApiKey>, Refusal> {
    let Settings { api_keys, undocumented, .. } = &gateway.settings;
    let Some(keys) = api_keys else { return Ok(None) };
    let shown = match keys.source {
        ApiKeySource::Header => head.header("x-api-key"),
        ApiKeySource::Authorizer => usage_key,
    };
    let known = |shown: &str| keys.keys.iter().find(|key| same(&key.value, shown));
    let Some(key) = shown.and_then(known) else {
        let status = StatusCode::from_u16(undocumented.api_key_status);
        return Err(Refusal::NoKey(status.unwrap_or(StatusCode::FORBIDDEN)));
    };
    match gateway.buckets.key(key) {
        true => Ok(Some(key.clone())),
        false => Err(Refusal::Throttled),
    }
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(crate) fn same(secret: &str, shown: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(secret.as_bytes(), shown.as_bytes()).into()
}

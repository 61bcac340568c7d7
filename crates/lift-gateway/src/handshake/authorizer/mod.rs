//! A Lambda authorizer: identity sources, the function, its policy, its context ([R-2]).

mod policy;
mod response;

use std::sync::Arc;

use lift_event::EventKind;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use self::response::AuthorizerGrant;
use super::{grant::Refusal, head::RequestHead};
use crate::{
    Authorizer, EVENT_LOG_TARGET, IdentitySource, Settings,
    connection::Connection,
    event::{self, RequestInfo},
    gateway::Gateway,
};

/// One call of an authorizer.
pub(crate) struct AuthorizerCall<'a> {
    pub(crate) authorizer: &'a Authorizer,
    pub(crate) connection: &'a Connection,
    pub(crate) request_info: &'a RequestInfo,
    pub(crate) head: &'a RequestHead,
}

impl AuthorizerCall<'_> {
    /// Invokes the authorizer. After the integration timeout the client is refused, and the function runs
    /// on.
    pub(crate) async fn ask(&self, gateway: &Arc<Gateway>) -> Result<AuthorizerGrant, Refusal> {
        let settings = &gateway.settings;
        if !self.authorizer.sources.iter().all(|source| self.has_value(settings, source)) {
            return Err(Refusal::Unauthorized);
        }
        let payload = event::authorizer(settings, self.connection, self.request_info, self.head);
        let started = Instant::now();
        let (function, id) = (self.authorizer.integration.clone(), self.connection.id);
        let running = gateway.clone();
        let invocation = gateway
            .work
            .spawn(async move { running.authorize(id, function.as_ref(), payload).await });
        let result = match timeout(settings.limits.integration_timeout, invocation).await {
            Ok(Ok(Ok(result))) => result,
            Ok(Ok(Err(error))) if error.is_unauthorized() => {
                return Err(Refusal::Unauthorized);
            }
            Ok(Ok(Err(error))) => {
                tracing::warn!(target: EVENT_LOG_TARGET, error = error.to_string(), "the authorizer failed");
                return Err(Refusal::Failed);
            }
            Ok(Err(_)) => return Err(Refusal::Failed),
            Err(_) => {
                tracing::warn!(target: EVENT_LOG_TARGET, "the authorizer exceeded the integration timeout");
                return Err(Refusal::Failed);
            }
        };
        let Settings { region, account, api_id, stage, undocumented, .. } = settings;
        let arn = event::method_arn(region, account, api_id, stage);
        let response = response::AuthorizerResponse::decode(&result).map_err(|error| {
            tracing::warn!(target: EVENT_LOG_TARGET, error, "the authorizer's response is malformed");
            Refusal::Failed
        })?;
        if !response.policy.allows(&arn) {
            tracing::debug!(arn, "the authorizer's policy does not allow this connection");
            return Err(Refusal::Forbidden);
        }
        Ok(response.allowed(undocumented.context_values, started.elapsed()))
    }

    /// Whether the client sent a value for `source` that is not empty.
    fn has_value(&self, settings: &Settings, source: &IdentitySource) -> bool {
        match source {
            IdentitySource::Header(name) => self.head.header(name).is_some(),
            IdentitySource::Query(name) => self.head.parameter(name).is_some(),
            IdentitySource::StageVariable(name) => {
                settings.stage_variables.get(name).is_some_and(|value| !value.is_empty())
            }
            IdentitySource::Context(path) => {
                let context = event::context(
                    settings,
                    self.connection,
                    self.request_info,
                    EventKind::Connect,
                    "$connect",
                );
                let context = serde_json::to_value(context).unwrap_or_default();
                let value = path.split('.').try_fold(&context, |value, name| value.get(name));
                value.is_some_and(|value| !matches!(value, Value::Null) && value != "")
            }
        }
    }
}

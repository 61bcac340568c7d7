//! The response of a Lambda authorizer, and the part of it that the connection's events carry.

use std::time::Duration;

use lift_event::limits::AUTHORIZER_RESPONSE_BYTES;
use serde::Deserialize;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::policy::Policy;
use crate::ContextValues;

/// A well-formed response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorizerResponse {
    principal_id: String,
    #[serde(rename = "policyDocument")]
    pub(super) policy: Policy,
    #[serde(default)]
    context: Option<Map<String, Value>>,
    #[serde(default)]
    usage_identifier_key: Option<String>,
}

/// What an authorizer grants.
pub(crate) struct AuthorizerGrant {
    /// `requestContext.authorizer`
    pub(crate) context: Box<RawValue>,
    pub(crate) usage_key: Option<String>,
}

impl AuthorizerResponse {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > AUTHORIZER_RESPONSE_BYTES {
            return Err(format!(
                "it has {} bytes, more than {AUTHORIZER_RESPONSE_BYTES}",
                bytes.len()
            ));
        }
        let response: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let nested = |(_, value): &(&String, &Value)| value.is_object() || value.is_array();
        match response.context.iter().flatten().find(nested) {
            Some((name, _)) => Err(format!("context.{name} is not a string, number or boolean")),
            None => Ok(response),
        }
    }

    /// The response as events carry it. `null` values are left out.
    pub(super) fn allowed(self, values: ContextValues, latency: Duration) -> AuthorizerGrant {
        let text = |value: Value| match (value, values) {
            (Value::String(text), _) => Value::String(text),
            (value, ContextValues::Text) => Value::String(value.to_string()),
            (value, ContextValues::AsGiven) => value,
        };
        let context = self.context.into_iter().flatten().filter(|(_, value)| !value.is_null());
        let mut all: Map<_, _> = context.map(|(name, value)| (name, text(value))).collect();
        // The gateway's names replace the authorizer's.
        all.insert("principalId".to_owned(), self.principal_id.into());
        let latency = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        all.insert("integrationLatency".to_owned(), latency.into());
        // Serializing strings and numbers into memory cannot fail.
        let context = to_raw_value(&all).unwrap_or_default();
        AuthorizerGrant { context, usage_key: self.usage_identifier_key }
    }
}

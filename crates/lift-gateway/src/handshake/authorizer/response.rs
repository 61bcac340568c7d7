//! What an authorizer answers, and what of it goes into the connection's events.

use std::time::Duration;

use lift_event::limits::AUTHORIZER_RESPONSE_BYTES;
use serde::Deserialize;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::policy::Policy;
use crate::ContextValues;

/// An answer whose form is good.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    principal_id: String,
    #[serde(rename = "policyDocument")]
    pub(super) policy: Policy,
    #[serde(default)]
    context: Option<Map<String, Value>>,
    #[serde(default)]
    usage_identifier_key: Option<String>,
}

/// What is known of a client that was allowed.
pub(crate) struct Allowed {
    /// `requestContext.authorizer`
    pub(crate) context: Box<RawValue>,
    pub(crate) usage_key: Option<String>,
}

impl Answer {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > AUTHORIZER_RESPONSE_BYTES {
            return Err(format!(
                "it has {} bytes, more than {AUTHORIZER_RESPONSE_BYTES}",
                bytes.len()
            ));
        }
        let answer: Self = serde_json::from_slice(bytes).map_err(|fault| fault.to_string())?;
        let nested = |(_, value): &(&String, &Value)| value.is_object() || value.is_array();
        match answer.context.iter().flatten().find(nested) {
            Some((name, _)) => Err(format!("context.{name} is not a string, number or boolean")),
            None => Ok(answer),
        }
    }

    /// The answer as events carry it. `null` values are left out.
    pub(super) fn allowed(self, values: ContextValues, latency: Duration) -> Allowed {
        let text = |value: Value| match (value, values) {
            (Value::String(text), _) => Value::String(text),
            (value, ContextValues::Text) => Value::String(value.to_string()),
            (value, ContextValues::AsGiven) => value,
        };
        let context = self.context.into_iter().flatten().filter(|(_, value)| !value.is_null());
        let mut all: Map<_, _> = context.map(|(name, value)| (name, text(value))).collect();
        // The gateway's own names win.
        all.insert("principalId".to_owned(), self.principal_id.into());
        let latency = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        all.insert("integrationLatency".to_owned(), latency.into());
        // A map of texts and numbers cannot fail to serialize into memory.
        let context = to_raw_value(&all).unwrap_or_default();
        Allowed { context, usage_key: self.usage_identifier_key }
    }
}

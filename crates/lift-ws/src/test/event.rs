//! The events of a kit's connection, written by the same code that the gateway uses.

use std::collections::BTreeMap;

use bytes::Bytes;
use lift_event::{Identity, Kind, Payload, RequestContext};
use serde_json::value::{RawValue, to_raw_value};

use super::Clock;
use super::client::next_id;

/// What all events of a connection share.
#[derive(Debug)]
pub(super) struct Draft {
    connection_id: String,
    connected_at: u64,
    headers: Multi,
    query: Multi,
    clock: Clock,
}

type Multi = BTreeMap<String, Vec<String>>;

impl Draft {
    pub(super) fn new(
        connection_id: String,
        query: &str,
        headers: &[(&str, &str)],
        clock: Clock,
    ) -> Self {
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        let host = [("Host", "kit.execute-api.us-east-1.amazonaws.com")];
        let headers = host.iter().chain(headers);
        Self {
            connection_id,
            connected_at: clock.now(),
            clock,
            headers: multi(headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))),
            query: multi(query),
        }
    }

    pub(super) fn connection_id(&self) -> &str {
        &self.connection_id
    }

    pub(super) fn payload(
        &self,
        kind: Kind,
        route_key: &str,
        body: Option<&str>,
        ending: Option<(i32, &str)>,
    ) -> Bytes {
        let handshake = kind == Kind::Connect;
        let headers = handshake.then(|| (raw(&single(&self.headers)), raw(&self.headers)));
        let query = (handshake && !self.query.is_empty())
            .then(|| (raw(&single(&self.query)), raw(&self.query)));
        let request_id = next_id();
        let message_id = next_id();
        let payload = Payload {
            request_type: None,
            method_arn: None,
            headers: headers.as_ref().map(|(single, _)| &**single),
            multi_value_headers: headers.as_ref().map(|(_, multi)| &**multi),
            query_string_parameters: query.as_ref().map(|(single, _)| &**single),
            multi_value_query_string_parameters: query.as_ref().map(|(_, multi)| &**multi),
            stage_variables: None,
            request_context: RequestContext {
                route_key: route_key.into(),
                authorizer: None,
                message_id: (kind == Kind::Message).then(|| message_id.as_str().into()),
                disconnect_status_code: ending.map(|(code, _)| code),
                event_type: kind,
                extended_request_id: Some(request_id.as_str().into()),
                request_time: "21/Nov/2026:09:15:24 +0000".into(),
                message_direction: Some("IN".into()),
                disconnect_reason: ending.map(|(_, reason)| reason.into()),
                stage: "test".into(),
                connected_at: self.connected_at,
                request_time_epoch: self.clock.now(),
                identity: Identity { source_ip: Some("127.0.0.1".into()), ..Identity::default() },
                request_id: request_id.as_str().into(),
                domain_name: "kit.execute-api.us-east-1.amazonaws.com".into(),
                connection_id: self.connection_id.as_str().into(),
                api_id: "kit".into(),
            },
            body: body.map(Into::into),
            is_base64_encoded: Some(false),
        };
        payload.encode()
    }
}

fn multi(pairs: impl Iterator<Item = (String, String)>) -> Multi {
    let mut all = Multi::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    all
}

/// The last value of each name, as API Gateway gives it.
fn single(all: &Multi) -> BTreeMap<&str, &str> {
    let last = all.iter().filter_map(|(name, values)| Some((name.as_str(), values.last()?)));
    last.map(|(name, value)| (name, value.as_str())).collect()
}

fn raw(map: &impl serde::Serialize) -> Box<RawValue> {
    // Maps of strings cannot fail to serialize.
    to_raw_value(map).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

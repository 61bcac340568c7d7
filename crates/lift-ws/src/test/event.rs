//! The events of a kit's connection, encoded by the same code that `lift dev` uses.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use lift_event::{EventKind, Identity, Payload, RequestContext, Timestamp};
use serde_json::value::{RawValue, to_raw_value};

use super::Clock;
use crate::ConnectionId;

/// Makes the events of a connection, from what they have in common.
#[derive(Debug)]
pub(super) struct ConnectionEvents {
    connection_id: ConnectionId,
    connected_at: Timestamp,
    headers: Multi,
    query: Multi,
    clock: Clock,
    pub(super) stage: String,
    pub(super) stage_variables: BTreeMap<String, String>,
    pub(super) source_ip: String,
    user_agent: Option<String>,
    pub(super) authorizer: Option<Box<RawValue>>,
}

type Multi = BTreeMap<String, Vec<String>>;

const HOST: &str = "kit.execute-api.us-east-1.amazonaws.com";

impl ConnectionEvents {
    pub(super) fn new(clock: Clock) -> Self {
        let mut events = Self {
            connection_id: next_id().into(),
            connected_at: Timestamp::default(),
            headers: Multi::new(),
            query: Multi::new(),
            clock,
            stage: "test".to_owned(),
            stage_variables: BTreeMap::new(),
            source_ip: "127.0.0.1".to_owned(),
            user_agent: None,
            authorizer: None,
        };
        events.add_header("Host", HOST);
        events
    }

    pub(super) fn add_header(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("User-Agent") {
            self.user_agent = Some(value.to_owned());
        }
        self.headers.entry(name.to_owned()).or_default().push(value.to_owned());
    }

    /// Starts the handshake: sets the query and the headers that API Gateway adds.
    pub(super) fn open(&mut self, query: &str) {
        self.connected_at = self.clock.now();
        let before = self.headers.get("X-Forwarded-For").into_iter().flatten();
        let hops: Vec<&str> = before.map(String::as_str).chain([&*self.source_ip]).collect();
        let added = [
            ("X-Forwarded-For", hops.join(", ")),
            ("X-Forwarded-Port", "443".to_owned()),
            ("X-Forwarded-Proto", "https".to_owned()),
        ];
        for (name, value) in added {
            self.headers.insert(name.to_owned(), vec![value]);
        }
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            self.query.entry(name).or_default().push(value);
        }
    }

    pub(super) fn connection_id(&self) -> &ConnectionId {
        &self.connection_id
    }

    /// The headers of an event: the client's at `$connect`, none in a message, fixed ones at `$disconnect`
    /// ([R-1.1.3]).
    fn headers(&self, kind: EventKind) -> Option<Multi> {
        let fixed = [("Host", HOST), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")];
        match kind {
            EventKind::Connect => Some(self.headers.clone()),
            EventKind::Message => None,
            EventKind::Disconnect => {
                Some(fixed.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into())
            }
        }
    }

    pub(super) fn payload(
        &self,
        kind: EventKind,
        route_key: &str,
        body: Option<&str>,
        close: Option<(i32, &str)>,
    ) -> Bytes {
        let handshake = kind == EventKind::Connect;
        let headers = self.headers(kind).map(|headers| (raw(&single(&headers)), raw(&headers)));
        let query = (handshake && !self.query.is_empty())
            .then(|| (raw(&single(&self.query)), raw(&self.query)));
        let variables = (!self.stage_variables.is_empty()).then(|| raw(&self.stage_variables));
        let request_id = next_id();
        let message_id = next_id();
        let payload = Payload {
            request_type: None,
            method_arn: None,
            headers: headers.as_ref().map(|(single, _)| &**single),
            multi_value_headers: headers.as_ref().map(|(_, multi)| &**multi),
            query_string_parameters: query.as_ref().map(|(single, _)| &**single),
            multi_value_query_string_parameters: query.as_ref().map(|(_, multi)| &**multi),
            stage_variables: variables.as_deref(),
            request_context: RequestContext {
                route_key: route_key.into(),
                authorizer: self.authorizer.as_deref(),
                message_id: (kind == EventKind::Message).then(|| message_id.as_str().into()),
                disconnect_status_code: close.map(|(code, _)| code),
                event_type: kind,
                extended_request_id: Some(request_id.as_str().into()),
                request_time: "21/Nov/2026:09:15:24 +0000".into(),
                message_direction: Some("IN".into()),
                disconnect_reason: close.map(|(_, reason)| reason.into()),
                stage: self.stage.as_str().into(),
                connected_at: self.connected_at,
                request_time_epoch: self.clock.now(),
                identity: Identity {
                    user_agent: self.user_agent.as_deref().map(Into::into),
                    source_ip: Some(self.source_ip.as_str().into()),
                    ..Identity::default()
                },
                request_id: request_id.as_str().into(),
                domain_name: HOST.into(),
                connection_id: self.connection_id.as_str().into(),
                api_id: "kit".into(),
            },
            body: body.map(Into::into),
            is_base64_encoded: Some(false),
        };
        payload.encode()
    }
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

/// A new id, in the form of API Gateway's ids.
pub(super) fn next_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("kit{:012}=", NEXT.fetch_add(1, Ordering::Relaxed))
}

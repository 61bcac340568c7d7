//! An event that the gateway encodes has the same fields when it is decoded into AWS's Rust types.

use std::collections::BTreeMap;

use aws_lambda_events::{
    apigw::ApiGatewayWebsocketProxyRequest as Aws, http::HeaderMap, query_map::QueryMap,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lift_event::{
    Event, EventKind, Fields, Identity, Payload, RequestContext, Timestamp, wire::Str,
};
use proptest::{
    array::uniform6,
    collection::{btree_map, vec},
    option,
    prelude::*,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::support::EVENTS;

type ValueLists = BTreeMap<String, Vec<String>>;

/// The owned values that a [`Payload`] borrows.
#[derive(Clone, Debug)]
struct Parts {
    kind: EventKind,
    /// Route key, request time, stage, request id, domain name, API id.
    ids: [String; 6],
    connection_id: String,
    /// Message id, extended request id, direction, reason, user agent, source IP.
    texts: [Option<String>; 6],
    connected_at: u64,
    request_time_epoch: u64,
    code: Option<i32>,
    body: Option<Vec<u8>>,
    headers: Option<ValueLists>,
    query: Option<ValueLists>,
    variables: Option<BTreeMap<String, String>>,
    authorizer: Option<BTreeMap<String, Value>>,
}

impl Parts {
    /// Encodes the event like the gateway.
    fn encode(&self) -> Vec<u8> {
        let headers = (raw(&self.headers.as_ref().map(last)), raw(&self.headers));
        let query = (raw(&self.query.as_ref().map(last)), raw(&self.query));
        let (variables, authorizer) = (raw(&self.variables), raw(&self.authorizer));
        let id = |index: usize| Str::from(self.ids[index].as_str());
        let text = |index: usize| self.texts[index].as_deref().map(Str::from);
        let (body, is_base64_encoded) = self.wire_body();
        let payload = Payload {
            request_type: None,
            method_arn: None,
            headers: headers.0.as_deref(),
            multi_value_headers: headers.1.as_deref(),
            query_string_parameters: query.0.as_deref(),
            multi_value_query_string_parameters: query.1.as_deref(),
            stage_variables: variables.as_deref(),
            request_context: RequestContext {
                route_key: id(0),
                authorizer: authorizer.as_deref(),
                message_id: text(0),
                disconnect_status_code: self.code,
                event_type: self.kind,
                extended_request_id: text(1),
                request_time: id(1),
                message_direction: text(2),
                disconnect_reason: text(3),
                stage: id(2),
                connected_at: Timestamp::from_millis(self.connected_at),
                request_time_epoch: Timestamp::from_millis(self.request_time_epoch),
                identity: Identity {
                    user_agent: text(4),
                    source_ip: text(5),
                    ..Identity::default()
                },
                request_id: id(3),
                domain_name: id(4),
                connection_id: self.connection_id.as_str().into(),
                api_id: id(5),
            },
            body: body.map(Str::from),
            is_base64_encoded: Some(is_base64_encoded),
        };
        payload.encode().into()
    }

    /// The body as text; base64 if it is not UTF-8.
    fn wire_body(&self) -> (Option<String>, bool) {
        let Some(body) = &self.body else { return (None, false) };
        match String::from_utf8(body.clone()) {
            Ok(text) => (Some(text), false),
            Err(_) => (Some(STANDARD.encode(body)), true),
        }
    }
}

fn raw<T: serde::Serialize>(map: &Option<T>) -> Option<Box<RawValue>> {
    map.as_ref().map(|map| to_raw_value(map).expect("JSON"))
}

fn last(map: &ValueLists) -> BTreeMap<String, String> {
    let pairs = map.iter().filter_map(|(name, values)| Some((name, values.last()?)));
    pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn pairs(map: &ValueLists) -> Vec<(String, String)> {
    let each = |(name, values): (&String, &Vec<String>)| {
        values.iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    map.iter().flat_map(each).collect()
}

fn fields(fields: &Fields<'_>) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// AWS's types have header names in lower case.
fn same_headers(aws: &HeaderMap, lift: &ValueLists) {
    assert_eq!(aws.keys_len(), lift.len());
    for (name, values) in lift {
        let values_of_aws: Vec<_> =
            aws.get_all(name).iter().map(|value| value.as_bytes()).collect();
        assert_eq!(values_of_aws, values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>());
    }
}

fn same_query(aws: &QueryMap, lift: &ValueLists) {
    assert_eq!(aws.iter().count(), lift.values().flatten().count());
    for (name, values) in lift {
        assert_eq!(aws.all(name).unwrap_or_default(), *values);
    }
}

fn single(map: &ValueLists) -> ValueLists {
    last(map).into_iter().map(|(name, value)| (name, vec![value])).collect()
}

fn same_as_aws(parts: &Parts) {
    let aws: Aws = serde_json::from_slice(&parts.encode()).expect("an event of AWS");
    let (headers, query) =
        (parts.headers.clone().unwrap_or_default(), parts.query.clone().unwrap_or_default());
    same_headers(&aws.headers, &single(&headers));
    same_headers(&aws.multi_value_headers, &headers);
    same_query(&aws.query_string_parameters, &single(&query));
    same_query(&aws.multi_value_query_string_parameters, &query);
    let variables: BTreeMap<_, _> = aws.stage_variables.into_iter().collect();
    assert_eq!(variables, parts.variables.clone().unwrap_or_default());
    assert_eq!((aws.body, aws.is_base64_encoded), parts.wire_body());
    assert_eq!((aws.resource, aws.path, aws.http_method), (None, None, None));

    let context = aws.request_context;
    let event_type = serde_json::to_value(parts.kind).expect("JSON");
    assert_eq!(context.event_type.as_deref(), event_type.as_str());
    let ids = [
        context.route_key,
        context.request_time,
        context.stage,
        context.request_id,
        context.domain_name,
        context.apiid,
    ];
    assert_eq!(ids, parts.ids.clone().map(Some));
    assert_eq!(context.connection_id.as_ref(), Some(&parts.connection_id));
    let texts = [
        context.message_id,
        context.extended_request_id,
        context.message_direction,
        context.disconnect_reason,
        context.identity.user_agent,
        context.identity.source_ip,
    ];
    assert_eq!(texts, parts.texts);
    assert_eq!(context.connected_at, parts.connected_at as i64);
    assert_eq!(context.request_time_epoch, parts.request_time_epoch as i64);
    assert_eq!(context.disconnect_status_code, parts.code.map(i64::from));
    let authorizer: BTreeMap<_, _> = context.authorizer.fields.into_iter().collect();
    assert_eq!(authorizer, parts.authorizer.clone().unwrap_or_default());
}

fn same_as_lift(parts: &Parts) {
    let event = Event::decode(parts.encode()).expect("an event");
    assert_eq!(event.kind(), parts.kind);
    let ids = [
        event.route_key(),
        event.request_time(),
        event.stage(),
        event.request_id(),
        event.domain_name(),
        event.api_id(),
    ];
    assert_eq!(ids, parts.ids.each_ref().map(String::as_str));
    assert_eq!(event.connection_id(), parts.connection_id);
    let [message_id, _, _, reason, user_agent, source_ip] = &parts.texts;
    assert_eq!(event.message_id(), message_id.as_deref());
    assert_eq!(event.disconnect_reason(), reason.as_deref());
    assert_eq!(event.user_agent(), user_agent.as_deref());
    assert_eq!(event.source_ip(), source_ip.as_deref());
    assert_eq!(event.connected_at().as_millis(), parts.connected_at);
    assert_eq!(event.request_time_epoch().as_millis(), parts.request_time_epoch);
    assert_eq!(event.disconnect_code(), parts.code);
    assert_eq!(event.body(), parts.body.clone().unwrap_or_default());
    let (headers, query) =
        (parts.headers.clone().unwrap_or_default(), parts.query.clone().unwrap_or_default());
    assert_eq!(fields(&event.headers().expect("headers")), pairs(&headers));
    assert_eq!(fields(&event.query().expect("a query")), pairs(&query));
    let variables = event.stage_variables().expect("variables");
    let variables: BTreeMap<_, _> = fields(&variables).into_iter().collect();
    assert_eq!(variables, parts.variables.clone().unwrap_or_default());
    let authorizer = event.authorizer().map(|raw| serde_json::from_str(raw.get()).expect("JSON"));
    assert_eq!(authorizer, parts.authorizer);
}

fn parts() -> impl Strategy<Value = Parts> {
    let kind =
        prop::sample::select(&[EventKind::Connect, EventKind::Message, EventKind::Disconnect][..]);
    let body = prop_oneof![any::<String>().prop_map(String::into_bytes), vec(any::<u8>(), 0..40)];
    // The names differ not only in case, because a `HeaderMap` ignores the case.
    let headers = btree_map("[A-Z][a-z0-9-]{0,12}", vec("[ -~\u{e9}\u{1f680}]{0,20}", 1..4), 0..6);
    let query = btree_map(any::<String>(), vec(any::<String>(), 1..4), 0..5);
    let context = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    let ids = (kind, uniform6(any::<String>()), ".+", uniform6(option::of(any::<String>())));
    let millis = 0..=i64::MAX as u64;
    let times = (millis.clone(), millis, option::of(any::<i32>()), option::of(body));
    let maps = (
        option::of(headers),
        option::of(query),
        option::of(btree_map(any::<String>(), any::<String>(), 0..4)),
        option::of(btree_map(any::<String>(), context, 0..4)),
    );
    (ids, times, maps).prop_map(|(ids, times, maps)| Parts {
        kind: ids.0,
        ids: ids.1,
        connection_id: ids.2,
        texts: ids.3,
        connected_at: times.0,
        request_time_epoch: times.1,
        code: times.2,
        body: times.3,
        headers: maps.0,
        query: maps.1,
        variables: maps.2,
        authorizer: maps.3,
    })
}

proptest! {
    #![proptest_config(crate::random::config())]

    #[test]
    fn encoded_payloads_decode_to_the_same_values_in_aws_types(parts in parts()) {
        same_as_aws(&parts);
        same_as_lift(&parts);
    }
}

#[test]
fn fixtures_decode_to_the_same_values_in_aws_types() {
    for fixture in EVENTS {
        let payload = Payload::decode(fixture).expect("a payload");
        let captured: Aws = serde_json::from_str(fixture).expect("an event of AWS");
        let encoded: Aws = serde_json::from_slice(&payload.encode()).expect("an event of AWS");
        assert_eq!(encoded, captured);
    }
}

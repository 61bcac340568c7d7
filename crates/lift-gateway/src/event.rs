//! Encodes the event bytes that a function receives
//! ([R-1.1]).

use std::collections::BTreeMap;

use bytes::Bytes;
use lift_event::{EventKind, Identity, Payload, RequestContext, Timestamp, wire::Str};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    NoQuery, Settings,
    connection::{Client, CloseCause, Connection},
    handshake::head::{MultiValues, RequestHead, last_values},
    id::Id,
    message::MessageBody,
};

/// The id and the time of one request to the gateway.
pub(crate) struct RequestInfo {
    pub(crate) request: Id,
    epoch: Timestamp,
    text: String,
}

impl RequestInfo {
    pub(crate) fn new() -> Self {
        let now = jiff::Timestamp::now();
        Self {
            request: Id::random(),
            epoch: Timestamp::from_millis(now.as_millisecond().try_into().unwrap_or_default()),
            text: now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        }
    }
}

/// The event of an authorizer: the `$connect` event with `type` and `methodArn` ([R-2.2]).
pub(crate) fn authorizer(
    settings: &Settings,
    connection: &Connection,
    request_info: &RequestInfo,
    head: &RequestHead,
) -> Bytes {
    let Settings { region, account, api_id, stage, .. } = settings;
    let arn = method_arn(region, account, api_id, stage);
    let headers = Maps::new(&head.all_headers());
    let query = match (head.query.is_empty(), settings.undocumented.no_query) {
        (false, _) | (true, NoQuery::Empty) => Maps::new(&head.query),
        (true, NoQuery::Null) => Maps { single: raw(&()), multi: raw(&()) },
        (true, NoQuery::Absent) => Maps { single: None, multi: None },
    };
    let variables = raw(&settings.stage_variables);
    let context = context(settings, connection, request_info, EventKind::Connect, "$connect");
    Payload {
        request_type: Some("REQUEST".into()),
        method_arn: Some(arn.into()),
        headers: headers.single.as_deref(),
        multi_value_headers: headers.multi.as_deref(),
        query_string_parameters: query.single.as_deref(),
        multi_value_query_string_parameters: query.multi.as_deref(),
        stage_variables: variables.as_deref(),
        is_base64_encoded: None,
        ..payload(context)
    }
    .encode()
}

/// The ARN that an authorizer's policy has to allow.
pub(crate) fn method_arn(region: &str, account: &str, api_id: &str, stage: &str) -> String {
    format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/$connect")
}

/// The `$connect` event: the only one with headers of the client and with a query.
pub(crate) fn connect(
    settings: &Settings,
    connection: &Connection,
    request_info: &RequestInfo,
    head: &RequestHead,
) -> Bytes {
    let headers = Maps::new(&head.headers);
    let query = (!head.query.is_empty()).then(|| Maps::new(&head.query));
    let variables = variables(settings);
    let context = context(settings, connection, request_info, EventKind::Connect, "$connect");
    Payload {
        headers: headers.single.as_deref(),
        multi_value_headers: headers.multi.as_deref(),
        query_string_parameters: query.as_ref().and_then(|query| query.single.as_deref()),
        multi_value_query_string_parameters: query
            .as_ref()
            .and_then(|query| query.multi.as_deref()),
        stage_variables: variables.as_deref(),
        ..payload(context)
    }
    .encode()
}

/// The event of a message.
pub(crate) fn message(
    settings: &Settings,
    connection: &Connection,
    route_key: &str,
    request_info: &RequestInfo,
    message_id: Id,
    body: &MessageBody,
) -> Bytes {
    let variables = variables(settings);
    let mut context = context(settings, connection, request_info, EventKind::Message, route_key);
    context.message_id = Some(message_id.as_str().into());
    if !settings.undocumented.context_in_messages {
        context.authorizer = None;
        context.identity.api_key = None;
        context.identity.api_key_id = None;
    }
    let stage_variables = variables.as_deref();
    let (body, is_base64_encoded) = (Some(body.text.as_str().into()), Some(body.is_base64));
    Payload { body, is_base64_encoded, stage_variables, ..payload(context) }.encode()
}

/// The `$disconnect` event. Its headers are fixed and mostly empty.
pub(crate) fn disconnect(
    settings: &Settings,
    connection: &Connection,
    closed: &CloseCause,
) -> Bytes {
    let host = connection.client.host.as_str();
    let headers: MultiValues =
        [("Host", host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
            .into();
    let headers = Maps::new(&headers);
    let variables = variables(settings);
    let request_info = RequestInfo::new();
    let mut context =
        context(settings, connection, &request_info, EventKind::Disconnect, "$disconnect");
    context.disconnect_status_code = Some(closed.code.into());
    context.disconnect_reason = Some(closed.reason.as_str().into());
    Payload {
        headers: headers.single.as_deref(),
        multi_value_headers: headers.multi.as_deref(),
        stage_variables: variables.as_deref(),
        ..payload(context)
    }
    .encode()
}

/// The `requestContext` of all events.
pub(crate) fn context<'a>(
    settings: &'a Settings,
    connection: &'a Connection,
    request_info: &'a RequestInfo,
    event_type: EventKind,
    route_key: &'a str,
) -> RequestContext<'a> {
    let client = &connection.client;
    RequestContext {
        route_key: route_key.into(),
        authorizer: client.granted.as_ref().and_then(|granted| granted.authorizer.as_deref()),
        message_id: None,
        disconnect_status_code: None,
        event_type,
        extended_request_id: Some(request_info.request.as_str().into()),
        request_time: request_info.text.as_str().into(),
        message_direction: Some("IN".into()),
        disconnect_reason: None,
        stage: settings.stage.as_str().into(),
        connected_at: Timestamp::from_millis(connection.connected_at),
        request_time_epoch: request_info.epoch,
        identity: identity(client),
        request_id: request_info.request.as_str().into(),
        domain_name: client.host.as_str().into(),
        connection_id: connection.id.as_str().into(),
        api_id: settings.api_id.as_str().into(),
    }
}

fn identity(client: &Client) -> Identity<'_> {
    let mut identity = Identity {
        user_agent: client.user_agent.as_deref().map(Str::from),
        source_ip: Some(client.source_ip.to_string().into()),
        ..Identity::default()
    };
    let Some(granted) = &client.granted else { return identity };
    if let Some(key) = &granted.api_key {
        identity.api_key = Some(key.value.as_str().into());
        identity.api_key_id = Some(key.id.as_str().into());
    }
    if let Some(caller) = &granted.caller {
        identity.access_key = Some(caller.access_key.as_str().into());
        identity.account_id = Some(caller.account_id.as_str().into());
        identity.caller = Some(caller.user.as_str().into());
        identity.user = Some(caller.user.as_str().into());
        identity.user_arn = Some(caller.user_arn.as_str().into());
    }
    identity
}

fn payload(request_context: RequestContext<'_>) -> Payload<'_> {
    Payload {
        request_type: None,
        method_arn: None,
        headers: None,
        multi_value_headers: None,
        query_string_parameters: None,
        multi_value_query_string_parameters: None,
        stage_variables: None,
        request_context,
        body: None,
        is_base64_encoded: Some(false),
    }
}

/// A map with the last value of each name, and with all values.
struct Maps {
    single: Option<Box<RawValue>>,
    multi: Option<Box<RawValue>>,
}

impl Maps {
    fn new(multi: &MultiValues) -> Self {
        Self { single: raw(&last_values(multi)), multi: raw(multi) }
    }
}

fn variables(settings: &Settings) -> Option<Box<RawValue>> {
    let variables: &BTreeMap<_, _> = &settings.stage_variables;
    (!variables.is_empty()).then(|| raw(variables)).flatten()
}

fn raw(value: &impl serde::Serialize) -> Option<Box<RawValue>> {
    // Maps of strings cannot fail to serialize into memory.
    to_raw_value(value).ok()
}

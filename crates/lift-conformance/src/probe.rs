//! The function behind every gateway that is observed. It keeps nothing: what to do with an event
//! stands in the event, where the suite put it, so that the function's processes need not know each
//! other.
//!
//! Orders for a message are its JSON; those for the authorizer, `$connect` and `$disconnect` are in the
//! handshake's headers. `$disconnect` events have no headers of the client's, so the authorizer puts
//! its orders into the context, which every later event carries.

use std::{env, process, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use lift_aws::{AwsConfig, ManagementApi};
use lift_ws::{
    ConnectionId,
    push::{Endpoint, Push},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use tokio::time::sleep;

/// The handshake's header with the orders for the authorizer.
pub const AUTHORIZER: &str = "probe-authorizer";
/// The handshake's header with the orders for `$connect`.
pub const CONNECT: &str = "probe-connect";
/// The handshake's header with the orders for `$disconnect`.
pub const DISCONNECT: &str = "probe-disconnect";

/// What the probe does with an event, in this order. Nothing ordered, it replies with the event.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Orders {
    /// Posts the event, as it came, to this connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<String>,
    /// Waits so long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep: Option<u64>,
    /// Then posts this to the connection that watches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Fails instead of replying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail: Option<Fail>,
    /// Replies with this JSON, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Replies with length and CRC-32 of the message instead of the event, which is too long then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub digest: bool,
    /// Adds so many characters to the authorizer's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
}

/// How an invocation fails.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fail {
    /// With an error of this message.
    Error(String),
    /// With the end of the process.
    Exit,
}

/// Serves the Lambda Runtime API: what the program does where it is deployed as a function.
///
/// # Errors
/// When the environment is not Lambda's.
pub async fn serve() -> Result<(), Error> {
    let region = env::var("AWS_REGION")?;
    let push = ManagementApi::new(&AwsConfig::from_env().await)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let event = String::from(Box::<str>::from(event.payload));
        match answer(&push, &region, event.into()).await {
            Ok(reply) => Ok(RawValue::from_string(String::from_utf8(reply.into())?)?),
            Err(Fail::Error(message)) => Err(Error::from(message)),
            Err(Fail::Exit) => process::exit(1),
        }
    }))
    .await
}

/// Runs the probe for one event.
///
/// # Errors
/// When the orders say so, with the error's message. [`Fail::Exit`] is the caller's to carry out.
pub async fn answer(push: &ManagementApi, region: &str, event: Bytes) -> Result<Bytes, Fail> {
    let Ok(read) = serde_json::from_slice::<Value>(&event) else {
        return Err(Fail::Error("the event is no JSON".to_owned()));
    };
    let orders = orders(&read);
    let watching = orders.watch.clone().map(|id| (endpoint(&read, region), ConnectionId::from(id)));
    if let Some((endpoint, id)) = &watching {
        post(push, endpoint, id, event.clone()).await;
    }
    if let Some(ms) = orders.sleep {
        sleep(Duration::from_millis(ms)).await;
    }
    if let (Some(text), Some((endpoint, id))) = (&orders.after, &watching) {
        post(push, endpoint, id, text.clone().into()).await;
    }
    match (orders.fail.clone(), orders.reply.clone()) {
        (Some(fail), _) => Err(fail),
        (None, Some(reply)) => Ok(reply.into()),
        (None, None) => Ok(usual(&read, &event, &orders).to_string().into()),
    }
}

/// What the suite put into an event, wherever its kind has room for it.
fn orders(event: &Value) -> Orders {
    let text = if is_authorizers(event) {
        header(event, AUTHORIZER)
    } else {
        match event["requestContext"]["eventType"].as_str() {
            Some("CONNECT") => header(event, CONNECT),
            Some("MESSAGE") => event["body"].as_str(),
            _ => event["requestContext"]["authorizer"]["orders"].as_str(),
        }
    };
    let text = text.unwrap_or_default();
    // Of a gateway that takes binary messages.
    let bytes = match event["isBase64Encoded"] {
        Value::Bool(true) => STANDARD.decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The reply when none is ordered.
fn usual(event: &Value, bytes: &Bytes, orders: &Orders) -> Value {
    if is_authorizers(event) {
        let at_disconnect = header(event, DISCONNECT).unwrap_or_default();
        let pad = "x".repeat(orders.context.unwrap_or_default());
        return allow(event["methodArn"].as_str().unwrap_or_default(), at_disconnect, &pad);
    }
    match event["body"].as_str().filter(|_| orders.digest) {
        Some(body) => json!({"statusCode": 200, "body": digest_of(body)}),
        None if event["requestContext"]["eventType"] == "MESSAGE" => {
            json!({"statusCode": 200, "body": String::from_utf8_lossy(bytes)})
        }
        None => json!({"statusCode": 200}),
    }
}

/// An authorizer's answer that lets the client in, with a context of every type.
fn allow(resource: &str, orders: &str, pad: &str) -> Value {
    json!({
        "principalId": "prober",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource},
        ]},
        "context": {"orders": orders, "tier": "gold", "pad": pad, "number": 7, "flag": true},
    })
}

/// Length and CRC-32 of a text, as the probe tells them.
#[must_use]
pub fn digest_of(text: &str) -> String {
    format!("{} bytes, {:08x}", text.len(), crc32fast::hash(text.as_bytes()))
}

fn is_authorizers(event: &Value) -> bool {
    event["type"] == "REQUEST"
}

/// A header, whose name not every gateway leaves as it is.
fn header<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    let headers = event["headers"].as_object()?;
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// Where the event's API is on AWS. Elsewhere `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` says where,
/// and the client goes by that.
fn endpoint(event: &Value, region: &str) -> Endpoint {
    let context = &event["requestContext"];
    let text = |key: &str| context[key].as_str().unwrap_or_default();
    let (api, stage) = (text("apiId"), text("stage"));
    Endpoint::from(format!("https://{api}.execute-api.{region}.amazonaws.com/{stage}"))
}

async fn post(push: &ManagementApi, endpoint: &Endpoint, id: &ConnectionId, data: Bytes) {
    // Who watches may have left; whoever misses the post will say so.
    if let Err(error) = push.post(endpoint, id, data).await {
        eprintln!("a post to {} failed: {error}", id.as_str());
    }
}

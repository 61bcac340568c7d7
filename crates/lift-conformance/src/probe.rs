//! The function behind every tested gateway. It has no state: the suite puts instructions into each
//! event, so the function's processes need not share anything.
//!
//! The instructions for a message are its JSON; those for the authorizer, `$connect` and `$disconnect`
//! are headers of the handshake. `$disconnect` events have no headers of the client, so the authorizer
//! puts their instructions into its context, which later events carry.

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

/// The handshake's header with the instructions for the authorizer.
pub const AUTHORIZER: &str = "probe-authorizer";
/// The handshake's header with the instructions for `$connect`.
pub const CONNECT: &str = "probe-connect";
/// The handshake's header with the instructions for `$disconnect`.
pub const DISCONNECT: &str = "probe-disconnect";

/// What the probe does with an event, in this order. Without instructions it replies with the event.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Instructions {
    /// Posts the unchanged event to this connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<String>,
    /// Sleeps for this many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep: Option<u64>,
    /// Then posts this to the connection `watch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Fails instead of replying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
    /// Replies with this JSON, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Replies with length and CRC-32 of the message instead of the event, for long messages.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub digest: bool,
    /// Adds this many characters to the authorizer's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
}

/// How an invocation fails.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// Returns an error with this message.
    Error(String),
    /// Ends the process.
    Exit,
}

/// Runs the probe as a Lambda function, by the Runtime API.
///
/// # Errors
/// If the environment is not that of a Lambda function.
pub async fn serve() -> Result<(), Error> {
    let region = env::var("AWS_REGION")?;
    let push = ManagementApi::new(&AwsConfig::from_env().await)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let event = String::from(Box::<str>::from(event.payload));
        match answer(&push, &region, event.into()).await {
            Ok(reply) => Ok(RawValue::from_string(String::from_utf8(reply.into())?)?),
            Err(Failure::Error(message)) => Err(Error::from(message)),
            Err(Failure::Exit) => process::exit(1),
        }
    }))
    .await
}

/// Runs the probe for one event.
///
/// # Errors
/// If the instructions say so. The caller has to carry out [`Failure::Exit`].
pub async fn answer(push: &ManagementApi, region: &str, event: Bytes) -> Result<Bytes, Failure> {
    let Ok(read) = serde_json::from_slice::<Value>(&event) else {
        return Err(Failure::Error("the event is no JSON".to_owned()));
    };
    let instructions = instructions(&read);
    let watching =
        instructions.watch.clone().map(|id| (endpoint(&read, region), ConnectionId::from(id)));
    if let Some((endpoint, id)) = &watching {
        post(push, endpoint, id, event.clone()).await;
    }
    if let Some(ms) = instructions.sleep {
        sleep(Duration::from_millis(ms)).await;
    }
    if let (Some(text), Some((endpoint, id))) = (&instructions.after, &watching) {
        post(push, endpoint, id, text.clone().into()).await;
    }
    match (instructions.fail.clone(), instructions.reply.clone()) {
        (Some(failure), _) => Err(failure),
        (None, Some(reply)) => Ok(reply.into()),
        (None, None) => Ok(default_reply(&read, &event, &instructions).to_string().into()),
    }
}

/// The instructions in an event; where they are depends on its type.
fn instructions(event: &Value) -> Instructions {
    let text = if is_authorizers(event) {
        header(event, AUTHORIZER)
    } else {
        match event["requestContext"]["eventType"].as_str() {
            Some("CONNECT") => header(event, CONNECT),
            Some("MESSAGE") => event["body"].as_str(),
            _ => event["requestContext"]["authorizer"]["instructions"].as_str(),
        }
    };
    let text = text.unwrap_or_default();
    // From a gateway that accepts binary messages.
    let bytes = match event["isBase64Encoded"] {
        Value::Bool(true) => STANDARD.decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The reply without instructions for one.
fn default_reply(event: &Value, bytes: &Bytes, instructions: &Instructions) -> Value {
    if is_authorizers(event) {
        let at_disconnect = header(event, DISCONNECT).unwrap_or_default();
        let pad = "x".repeat(instructions.context.unwrap_or_default());
        return allow(event["methodArn"].as_str().unwrap_or_default(), at_disconnect, &pad);
    }
    match event["body"].as_str().filter(|_| instructions.digest) {
        Some(body) => json!({"statusCode": 200, "body": digest_of(body)}),
        None if event["requestContext"]["eventType"] == "MESSAGE" => {
            json!({"statusCode": 200, "body": String::from_utf8_lossy(bytes)})
        }
        None => json!({"statusCode": 200}),
    }
}

/// An authorizer's answer that allows, with a context of all types.
fn allow(resource: &str, instructions: &str, pad: &str) -> Value {
    json!({
        "principalId": "prober",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource},
        ]},
        "context": {"instructions": instructions, "tier": "gold", "pad": pad, "number": 7, "flag": true},
    })
}

/// Length and CRC-32 of a text, in the probe's format.
#[must_use]
pub fn digest_of(text: &str) -> String {
    format!("{} bytes, {:08x}", text.len(), crc32fast::hash(text.as_bytes()))
}

fn is_authorizers(event: &Value) -> bool {
    event["type"] == "REQUEST"
}

/// A header. Some gateways change the case of names.
fn header<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    let headers = event["headers"].as_object()?;
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// The endpoint of the event's API on AWS. Elsewhere the client uses
/// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` instead.
fn endpoint(event: &Value, region: &str) -> Endpoint {
    let context = &event["requestContext"];
    let text = |key: &str| context[key].as_str().unwrap_or_default();
    let (api, stage) = (text("apiId"), text("stage"));
    Endpoint::from(format!("https://{api}.execute-api.{region}.amazonaws.com/{stage}"))
}

async fn post(push: &ManagementApi, endpoint: &Endpoint, id: &ConnectionId, data: Bytes) {
    // The watcher may have left; a case that needs the post reports its absence.
    if let Err(error) = push.post(endpoint, id, data).await {
        eprintln!("a post to {} failed: {error}", id.as_str());
    }
}

//! The echo as a Lambda function: the body of its reply is the message. It needs a two-way route.

use bytes::Bytes;
use lambda_runtime::{LambdaEvent, service_fn};
use lift_gateway::InvokeError;
use serde::{Deserialize, Serialize};

/// The fields of an event that the echo reads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    body: Option<String>,
    is_base64_encoded: bool,
}

fn echo(Event { body, is_base64_encoded }: Event) -> Reply {
    Reply { status_code: 200, body, is_base64_encoded }
}

/// The function in the gateway's process.
pub(crate) async fn invoke(event: Bytes) -> Result<Bytes, InvokeError> {
    let failed = |error: serde_json::Error| InvokeError::function("Echo", error.to_string());
    let event = serde_json::from_slice(&event).map_err(failed)?;
    serde_json::to_vec(&echo(event)).map(Bytes::from).map_err(failed)
}

/// The function in a separate process, as a client of the Runtime API.
pub(crate) async fn process() -> anyhow::Result<()> {
    let handler = service_fn(async |event: LambdaEvent<Event>| {
        Ok::<_, lambda_runtime::Error>(echo(event.payload))
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}

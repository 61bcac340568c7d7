//! DynamoDB's port: takes requests of programs that pass the guard, and gives them to dynoxide.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use lift_local::{Admitted, Guard, HEAD_TIMEOUT, HostNames, Reset};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};

use crate::dev::dynamodb::client::EngineClient;

/// How long a client may take for the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest request. DynamoDB's largest is a batch of 16 MB.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Serves the database until `stop` resolves.
pub(crate) async fn serve(
    listener: TcpListener,
    client: EngineClient,
    allowed_hosts: HostNames,
    stop: impl Future<Output = ()>,
) {
    let guard = Guard::programs(allowed_hosts);
    let api = move |request| {
        let client = client.clone();
        async move { Ok::<_, Reset>(answer(&client, request).await) }
    };
    lift_local::serve(&listener, &guard, Some(HEAD_TIMEOUT), api, stop).await;
}

async fn answer(client: &EngineClient, request: Admitted<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_request().into_parts();
    // A client that announces too much waits for the answer before it sends all of it.
    if body.size_hint().lower() > REQUEST_BYTES as u64 {
        return too_large();
    }
    let body = match timeout(BODY_TIMEOUT, Limited::new(body, REQUEST_BYTES).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return too_large();
        }
        Ok(Err(_)) => {
            let message = "The body ended too early.";
            return failed(StatusCode::BAD_REQUEST, "SerializationException", message);
        }
        Err(_) => {
            let message = "The body came too slowly.";
            return failed(StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException", message);
        }
    };
    match client.call(Request::from_parts(head, body)).await {
        Ok(response) => response.map(Full::new),
        Err(cause) => {
            tracing::error!(error = cause.to_string(), "the local DynamoDB failed");
            let message = "The local DynamoDB failed; the log of `lift dev` says why.";
            failed(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message)
        }
    }
}

fn too_large() -> Response<Full<Bytes>> {
    let message = format!("The request is larger than {REQUEST_BYTES} bytes.");
    failed(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

/// An error in DynamoDB's form.
fn failed(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let body =
        json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": message });
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

//! The `@connections` API: posts to a connection, describes it, closes it ([R-6]).
//!
//! A connection is open from the moment when the HTTP library gets its 101 until the gateway knows of its
//! close. Before and after, the status is 410. After a 200 a message may still wait in the queue. Each
//! error has the header `x-amzn-ErrorType`, which the SDKs read first.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use lift_local::{Admitted, Refusal};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    ConnectionsAccess, GatewayEventKind, SignatureRejection, SignedRequest,
    connection::{Connection, PostError},
    gateway::Gateway,
    handshake::{admission::constant_time_eq, grant::denied},
    id::Id,
    response,
    response::ApiResponse,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Why a call was refused.
enum CallError {
    Forbidden,
    NoToken,
    Denied(SignatureRejection),
    BadId(String),
    BadBody,
    SlowBody,
    Gone,
    TooLarge,
    /// The call is above the rate, or the client reads too slowly.
    TooOften,
    Method,
}

/// Handles one call; `id` is `None` when the path does not name this stage.
pub(crate) async fn handle(
    gateway: &Gateway,
    id: Option<&str>,
    request: Admitted<Incoming>,
) -> ApiResponse {
    let request = request.into_request();
    let method = request.method().clone();
    let response = call(gateway, id, request).await.unwrap_or_else(CallError::into_response);
    if let Some(id) = id.and_then(Id::parse) {
        gateway
            .settings
            .observer
            .notify(id, || GatewayEventKind::Called { method, status: response.status() });
    }
    with_header(response, REQUEST_ID, Id::random().as_str())
}

/// The response to a call that the guard refused.
pub(crate) fn refuse(refusal: Refusal) -> ApiResponse {
    with_header(refusal.response(), REQUEST_ID, Id::random().as_str())
}

async fn call(
    gateway: &Gateway,
    id: Option<&str>,
    request: Request<Incoming>,
) -> Result<ApiResponse, CallError> {
    let id = id.ok_or(CallError::Forbidden)?;
    let (parts, body) = request.into_parts();
    // A signature covers the body, so the body is read first. It is small.
    let limits = &gateway.settings.limits;
    let reading = timeout(limits.header_timeout, read(body, limits.message_bytes));
    let data = reading.await.map_err(|_| CallError::SlowBody)??;
    check(&gateway.settings.connections, &parts, &data)?;
    if !gateway.buckets.call() {
        return Err(CallError::TooOften);
    }
    let id = Id::parse(id).ok_or_else(|| CallError::BadId(id.to_owned()))?;
    let connection = gateway.connections.get(id).ok_or(CallError::Gone)?;
    match parts.method {
        Method::POST => {
            connection.post(data).map_err(|refused| match refused {
                PostError::Gone => CallError::Gone,
                PostError::Full => CallError::TooOften,
            })?;
            Ok(response::empty(StatusCode::OK))
        }
        Method::GET => Ok(describe(&connection)),
        Method::DELETE => {
            let closed = gateway.connections.close(id);
            closed.then(|| response::empty(StatusCode::NO_CONTENT)).ok_or(CallError::Gone)
        }
        _ => Err(CallError::Method),
    }
}

/// Checks the caller's token or signature, if the API requires one.
fn check(access: &ConnectionsAccess, parts: &Parts, data: &[u8]) -> Result<(), CallError> {
    let ConnectionsAccess { token, signatures, .. } = access;
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let (Some(token), Some(shown)) = (token, shown.and_then(|text| text.strip_prefix("Bearer ")))
    {
        return if constant_time_eq(token, shown) { Ok(()) } else { Err(CallError::Forbidden) };
    }
    match (signatures, token) {
        (Some(signatures), _) => {
            let Parts { method, uri, headers, .. } = parts;
            let signed = SignedRequest { method, uri, headers, body: data };
            signatures.check(&signed).map(drop).map_err(CallError::Denied)
        }
        (None, Some(_)) => Err(CallError::NoToken),
        (None, None) => Ok(()),
    }
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, CallError> {
    match Limited::new(body, limit).collect().await {
        // Copied, because a slice would keep the HTTP library's whole buffer alive while the message waits
        // for a slow client.
        Ok(body) => Ok(Bytes::copy_from_slice(&body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(CallError::TooLarge),
        Err(_) => Err(CallError::BadBody),
    }
}

fn describe(connection: &Connection) -> ApiResponse {
    let mut identity = json!({ "sourceIp": connection.client.source_ip });
    if let Some(agent) = &connection.client.user_agent {
        identity["userAgent"] = agent.as_str().into();
    }
    let body = json!({
        "connectedAt": iso(connection.connected_at),
        "identity": identity,
        "lastActiveAt": iso(connection.last_active()),
    });
    response::json(StatusCode::OK, &body)
}

/// `2026-11-21T09:15:24.410Z`
fn iso(milliseconds: u64) -> String {
    let milliseconds = i64::try_from(milliseconds).unwrap_or_default();
    format!("{:.3}", Timestamp::from_millisecond(milliseconds).unwrap_or_default())
}

impl CallError {
    fn into_response(self) -> ApiResponse {
        let (status, kind, message) = match self {
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden"),
            Self::NoToken => {
                let kind = "MissingAuthenticationTokenException";
                (StatusCode::FORBIDDEN, kind, "Missing Authentication Token")
            }
            Self::Denied(reason) => return denied(&reason),
            Self::BadId(id) => {
                let message = format!("Invalid connectionId: {id}");
                return response::error(StatusCode::BAD_REQUEST, "BadRequestException", &message);
            }
            Self::BadBody => {
                (StatusCode::BAD_REQUEST, "BadRequestException", "The body ended too early")
            }
            Self::SlowBody => {
                (StatusCode::REQUEST_TIMEOUT, "BadRequestException", "The body came too slowly")
            }
            // AWS sends no body here. Only the header names the error.
            Self::Gone => {
                let response = response::empty(StatusCode::GONE);
                return with_header(response, response::ERROR_TYPE, "GoneException");
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "Message too long")
            }
            // The message is the one in AWS's API model, which has one error for both cases.
            Self::TooOften => (
                StatusCode::TOO_MANY_REQUESTS,
                "LimitExceededException",
                "The client is sending more than the allowed number of requests per unit of time \
                 or the WebSocket client side buffer is full.",
            ),
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "BadRequestException", "Use POST, GET or DELETE")
            }
        };
        response::error(status, kind, message)
    }
}

fn with_header(mut response: ApiResponse, name: HeaderName, value: &str) -> ApiResponse {
    // Ids and error types are valid header values.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

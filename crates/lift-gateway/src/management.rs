//! The `@connections` API: send to a connection, look at it, close it ([R-6]).
//!
//! A connection is open from the moment that its 101 is handed to the HTTP library until its
//! close is known; before and after, it is gone. A message may wait in the queue when the answer is
//! 200. Each error carries `x-amzn-ErrorType`, which the SDKs read first.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    ConnectionsAccess, GatewayEventKind, SignatureRejection, SignedRequest,
    connection::{Connection, Refused},
    gateway::Gateway,
    handshake::{admission::same, grant::denied},
    id::Id,
    response,
    response::Answer,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Why a call was refused.
enum Fault {
    Forbidden,
    NoToken,
    Denied(SignatureRejection),
    BadId(String),
    BadBody,
    SlowBody,
    Gone,
    TooLarge,
    /// Above the rate, or more than the client reads.
    TooOften,
    Method,
}

/// Answers one call; `id` is `None` when the path does not name this stage.
pub(crate) async fn handle(
    gateway: &Gateway,
    id: Option<&str>,
    request: Request<Incoming>,
) -> Answer {
    let method = request.method().clone();
    let answer = call(gateway, id, request).await.unwrap_or_else(Fault::into_answer);
    if let Some(id) = id.and_then(Id::parse) {
        gateway
            .settings
            .observer
            .notify(id, || GatewayEventKind::Called { method, status: answer.status() });
    }
    with_header(answer, REQUEST_ID, Id::random().as_str())
}

async fn call(
    gateway: &Gateway,
    id: Option<&str>,
    request: Request<Incoming>,
) -> Result<Answer, Fault> {
    let id = id.ok_or(Fault::Forbidden)?;
    let (parts, body) = request.into_parts();
    // A signature covers the body, so it is read first; it is small.
    let limits = &gateway.settings.limits;
    let reading = timeout(limits.header_timeout, read(body, limits.message_bytes));
    let data = reading.await.map_err(|_| Fault::SlowBody)??;
    check(&gateway.settings.connections, &parts, &data)?;
    if !gateway.buckets.call() {
        return Err(Fault::TooOften);
    }
    let id = Id::parse(id).ok_or_else(|| Fault::BadId(id.to_owned()))?;
    let connection = gateway.connections.get(id).ok_or(Fault::Gone)?;
    match parts.method {
        Method::POST => {
            connection.post(data).map_err(|refused| match refused {
                Refused::Gone => Fault::Gone,
                Refused::Full => Fault::TooOften,
            })?;
            Ok(response::empty(StatusCode::OK))
        }
        Method::GET => Ok(describe(&connection)),
        Method::DELETE => {
            let closed = gateway.connections.close(id);
            closed.then(|| response::empty(StatusCode::NO_CONTENT)).ok_or(Fault::Gone)
        }
        _ => Err(Fault::Method),
    }
}

/// Whether the caller may call: by token, by signature, or because everybody may.
fn check(access: &ConnectionsAccess, parts: &Parts, data: &[u8]) -> Result<(), Fault> {
    let ConnectionsAccess { token, signatures } = access;
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let (Some(token), Some(shown)) = (token, shown.and_then(|text| text.strip_prefix("Bearer ")))
    {
        return if same(token, shown) { Ok(()) } else { Err(Fault::Forbidden) };
    }
    match (signatures, token) {
        (Some(signatures), _) => {
            let Parts { method, uri, headers, .. } = parts;
            let signed = SignedRequest { method, uri, headers, body: data };
            signatures.check(&signed).map(drop).map_err(Fault::Denied)
        }
        (None, Some(_)) => Err(Fault::NoToken),
        (None, None) => Ok(()),
    }
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, Fault> {
    match Limited::new(body, limit).collect().await {
        // Copied, because a part of the HTTP library's buffer holds all of it, for as long as the
        // message waits for a slow client.
        Ok(body) => Ok(Bytes::copy_from_slice(&body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::TooLarge),
        Err(_) => Err(Fault::BadBody),
    }
}

fn describe(connection: &Connection) -> Answer {
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

impl Fault {
    fn into_answer(self) -> Answer {
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
            // AWS sends no body here; the header is all that names the error.
            Self::Gone => {
                let answer = response::empty(StatusCode::GONE);
                return with_header(answer, response::ERROR_TYPE, "GoneException");
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", "Message too long")
            }
            // The words are those of the model, which has one error for both cases.
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

fn with_header(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    // Ids and the names of errors are always fit for a header.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

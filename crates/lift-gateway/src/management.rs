//! The `@connections` API: send to a connection, look at it, close it (reference, section 6).
//!
//! A connection is open from the moment that its 101 is handed to the HTTP library until its
//! close is known; before and after, it is gone. A message may wait in the queue when the answer is
//! 200. Each error carries `x-amzn-ErrorType`, which the SDKs read first.

use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use serde_json::json;

use crate::{
    connection::{Connection, Refused},
    id::Id,
    integration::Gateway,
    response,
    response::Answer,
};

/// Why a call was refused.
enum Fault {
    Forbidden,
    BadId(String),
    BadBody,
    Gone,
    TooLarge,
    Full,
    Method,
}

/// Answers one call; `id` is `None` when the path does not name this stage.
pub(crate) async fn handle<B>(
    gateway: &Gateway<B>,
    id: Option<&str>,
    request: Request<Incoming>,
) -> Answer {
    // A check of the call's signature belongs here, before anything is read or looked up.
    let answer = call(gateway, id, request).await.unwrap_or_else(Fault::into_answer);
    with_header(answer, "x-amzn-RequestId", Id::random().as_str())
}

async fn call<B>(
    gateway: &Gateway<B>,
    id: Option<&str>,
    request: Request<Incoming>,
) -> Result<Answer, Fault> {
    let id = id.ok_or(Fault::Forbidden)?;
    let id = Id::parse(id).ok_or_else(|| Fault::BadId(id.to_owned()))?;
    let find = || gateway.connections.get(id).ok_or(Fault::Gone);
    match *request.method() {
        Method::POST => {
            let data = read(request.into_body(), gateway.settings.limits.message_bytes).await?;
            find()?.post(data).map_err(|refused| match refused {
                Refused::Gone => Fault::Gone,
                Refused::Full => Fault::Full,
            })?;
            Ok(response::empty(StatusCode::OK))
        }
        Method::GET => Ok(describe(&*find()?)),
        Method::DELETE => {
            let connection = find()?;
            // Only who removes the connection closes it, so a second DELETE finds it gone.
            if !gateway.connections.remove(id) {
                return Err(Fault::Gone);
            }
            connection.closing.cancel();
            Ok(response::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(Fault::Method),
    }
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, Fault> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
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
            Self::Forbidden => {
                (StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden".to_owned())
            }
            Self::BadId(id) => {
                let message = format!("Invalid connectionId: {id}");
                (StatusCode::BAD_REQUEST, "BadRequestException", message)
            }
            Self::BadBody => {
                let message = "The body ended too early".to_owned();
                (StatusCode::BAD_REQUEST, "BadRequestException", message)
            }
            // AWS sends no body here; the header is all that names the error.
            Self::Gone => {
                let answer = response::empty(StatusCode::GONE);
                return with_header(answer, "x-amzn-ErrorType", "GoneException");
            }
            Self::TooLarge => {
                let message = "Message too long".to_owned();
                (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", message)
            }
            Self::Full => {
                let message = "The client's buffer is full".to_owned();
                (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", message)
            }
            Self::Method => {
                let message = "Use POST, GET or DELETE".to_owned();
                (StatusCode::METHOD_NOT_ALLOWED, "BadRequestException", message)
            }
        };
        with_header(
            response::json(status, &json!({ "message": message })),
            "x-amzn-ErrorType",
            kind,
        )
    }
}

fn with_header(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    // Ids and the names of errors are always fit for a header.
    if let (Ok(name), Ok(value)) = (http::HeaderName::from_str(name), HeaderValue::from_str(value))
    {
        answer.headers_mut().insert(name, value);
    }
    answer
}

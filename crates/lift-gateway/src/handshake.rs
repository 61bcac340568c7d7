//! From an HTTP request to an open connection: checks the upgrade, asks `$connect`, answers 101.
//!
//! The work is done in a task of its own, so a client that gives up does not stop `$connect`; if
//! it was accepted, its `$disconnect` runs.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header};
use hyper::{
    body::{Body, Incoming},
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use lift_event::{Reply, list_items};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    Backend,
    connection::{Client, Closed, Connection, Outgoing},
    event,
    integration::Gateway,
    page, response,
    response::Answer,
    session::Session,
};

/// Answers the request for an upgrade, after as long as `$connect` takes.
pub(crate) async fn handle<B: Backend>(
    gateway: &Arc<Gateway<B>>,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Answer {
    if gateway.closing.is_cancelled() {
        return response::refusal(StatusCode::SERVICE_UNAVAILABLE);
    }
    let key = match key(&request) {
        Ok(key) => derive_accept_key(key.as_bytes()),
        Err(fault) => return fault.into_answer(),
    };
    let Some(host) = page::host(request.headers()) else {
        return Fault("The Host header is missing or malformed.\n").into_answer();
    };
    let client = Client {
        source_ip: peer.ip().to_canonical(),
        user_agent: text(request.headers(), header::USER_AGENT),
        host: host.to_owned(),
    };
    let limits = &gateway.settings.limits;
    let (connection, outbox) = Connection::new(client, limits, gateway.closing.child_token());
    let payload = gateway.settings.routes.contains("$connect").then(|| {
        let (headers, query) = (request.headers(), request.uri().query());
        event::connect(&gateway.settings, &connection, headers, query, gateway.port)
    });
    let upgrade = hyper::upgrade::on(&mut request);
    let (answer, answered) = oneshot::channel();
    let opening = Opening {
        connection: Arc::new(connection),
        outbox,
        upgrade,
        offered: request
            .headers()
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .cloned()
            .collect(),
        key,
        answer,
    };
    drop(request);
    gateway.work.spawn(opening.run(gateway.clone(), payload));
    answered.await.unwrap_or_else(|_| response::refusal(StatusCode::INTERNAL_SERVER_ERROR))
}

/// A client that waits for the verdict of `$connect`.
struct Opening {
    connection: Arc<Connection>,
    outbox: mpsc::UnboundedReceiver<Outgoing>,
    upgrade: OnUpgrade,
    offered: Vec<HeaderValue>,
    key: String,
    answer: oneshot::Sender<Answer>,
}

impl Opening {
    async fn run<B: Backend>(self, gateway: Arc<Gateway<B>>, payload: Option<Bytes>) {
        let accepted = match payload {
            Some(payload) => {
                // Boxed, so that a connection does not carry the memory of its handshake.
                let verdict = |verdict| self.decide(&gateway, verdict);
                Box::pin(gateway.connect(payload, verdict)).await
            }
            None => self.decide(&gateway, Ok(Reply::new(200))),
        };
        let Some((connection, outbox, upgrade)) = accepted else { return };
        let (closed, session) = match upgrade.await.map(socket) {
            Ok(Some((socket, early))) => {
                let limits = gateway.settings.limits.clone();
                let session = Session::new(socket, early, connection.clone(), outbox, limits);
                let (closed, session) = session.await.run(&gateway).await;
                (closed, Some(session))
            }
            // The client left before the 101 reached it.
            Ok(None) | Err(_) => (Closed::lost(), None),
        };
        gateway.connections.remove(connection.id);
        connection.end();
        let farewell = async {
            if let Some(session) = session {
                session.farewell().await;
            }
        };
        tokio::join!(gateway.disconnect(&connection, &closed), farewell);
    }

    /// Answers the client. Something is returned when the function accepted, even if the client
    /// has gone: then there is no upgrade to come, and `$disconnect` has to run.
    fn decide<B>(
        self,
        gateway: &Gateway<B>,
        verdict: Result<Reply, StatusCode>,
    ) -> Option<(Arc<Connection>, mpsc::UnboundedReceiver<Outgoing>, OnUpgrade)> {
        let (answer, accepted) = match verdict {
            Ok(reply) if reply.is_success() => {
                gateway.connections.insert(self.connection.clone());
                (switch(&self.key, subprotocol(&self.offered, &reply)), true)
            }
            // A status below 200 would not be an answer in HTTP.
            Ok(reply) => match StatusCode::from_u16(reply.status()) {
                Ok(StatusCode::NOT_MODIFIED) => (response::empty(StatusCode::NOT_MODIFIED), false),
                Ok(status) if status.as_u16() >= 200 => (response::refusal(status), false),
                _ => (response::refusal(StatusCode::BAD_GATEWAY), false),
            },
            Err(status) => (response::refusal(status), false),
        };
        // The client may have gone; an accepted one is noticed by its upgrade, which then fails.
        let _ = self.answer.send(answer);
        accepted.then_some((self.connection, self.outbox, self.upgrade))
    }
}

/// The socket itself, out of the HTTP library's box, and what was read too far.
fn socket(upgraded: Upgraded) -> Option<(TcpStream, Bytes)> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

/// The 101. No other header of the function goes out, as on AWS.
fn switch(key: &str, subprotocol: Option<HeaderValue>) -> Answer {
    let mut answer = response::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    // An accept key is base64, which is always fit for a header.
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some(subprotocol) = subprotocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    answer
}

/// The function's choice, if the client offered it. What AWS does with another choice is not
/// known; a client would have to fail the handshake, so the choice is dropped and the log says so.
fn subprotocol(offered: &[HeaderValue], reply: &Reply) -> Option<HeaderValue> {
    let chosen = reply.subprotocol()?;
    let values = offered.iter().filter_map(|value| value.to_str().ok());
    if !list_items(values).any(|offer| offer == chosen) {
        tracing::warn!(?chosen, "$connect chose a subprotocol that the client did not offer");
        return None;
    }
    HeaderValue::from_str(chosen).ok()
}

struct Fault(&'static str);

impl Fault {
    fn into_answer(self) -> Answer {
        response::text(StatusCode::BAD_REQUEST, self.0)
    }
}

/// The key of a well-formed upgrade (RFC 6455, section 4.2.1).
fn key(request: &Request<Incoming>) -> Result<&str, Fault> {
    let headers = request.headers();
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return Err(Fault("A WebSocket handshake is a GET of HTTP/1.1.\n"));
    }
    if !request.body().is_end_stream() {
        return Err(Fault("A WebSocket handshake has no body.\n"));
    }
    let lists = |name, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        list_items(values).any(|item| item.eq_ignore_ascii_case(wanted))
    };
    if !lists(header::UPGRADE, "websocket") || !lists(header::CONNECTION, "upgrade") {
        return Err(Fault("The upgrade is not one to WebSocket.\n"));
    }
    if one(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Fault("Sec-WebSocket-Version has to be 13.\n"));
    }
    let key = one(headers, header::SEC_WEBSOCKET_KEY);
    let nonce = |key: &str| STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    key.filter(|key| nonce(key)).ok_or(Fault("Sec-WebSocket-Key has to be 16 bytes in base64.\n"))
}

/// The value of a header that was sent exactly once.
fn one(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

//! From an HTTP request to an open connection: checks the upgrade, admits the client, invokes
//! `$connect`, responds with 101.
//!
//! A handshake has its own task, so a client that gives up does not stop `$connect`. If the function
//! accepts such a client, its `$disconnect` runs.

pub(crate) mod admission;
mod authorizer;
pub(crate) mod first_request;
pub(crate) mod grant;
pub(crate) mod head;
mod upgrade;

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header, request::Parts};
use hyper::{
    body::Incoming,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use lift_event::Reply;
use tokio::sync::{mpsc, oneshot};

use self::{
    admission::admit,
    first_request::{FirstRequest, RecordingStream},
    head::RequestHead,
    upgrade::BadUpgrade,
};
use crate::{
    GatewayEventKind,
    client_socket::ClientSocket,
    connection::{Client, Connection, OutboundMessage, session},
    event::{self, RequestInfo},
    gateway::Gateway,
    page, response,
    response::ApiResponse,
};

/// Responds to an upgrade request after `$connect`.
pub(crate) async fn handle(
    gateway: &Arc<Gateway>,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> ApiResponse {
    if gateway.closing.is_cancelled() {
        return response::refusal(StatusCode::SERVICE_UNAVAILABLE);
    }
    let key = match upgrade::accept_key(&request) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    let Some(host) = page::host(request.headers()) else {
        return BadUpgrade("The Host header is missing or malformed.\n").into_response();
    };
    let client = Client {
        source_ip: peer.ip().to_canonical(),
        user_agent: text(request.headers(), header::USER_AGENT),
        host: host.to_owned(),
        granted: None,
    };
    let closing = gateway.closing.child_token();
    let (connection, outbox) = Connection::new(client, &gateway.settings, closing);
    let upgrade = hyper::upgrade::on(&mut request);
    let first = request.extensions_mut().remove::<FirstRequest>().and_then(|first| first.take());
    let (response, received) = oneshot::channel();
    let (parts, _) = request.into_parts();
    // Boxed, so that an open connection does not hold the handshake's memory.
    let handshake =
        Box::new(Handshake { parts, first, connection, outbox, upgrade, key, response });
    gateway.work.spawn(handshake.run(gateway.clone()));
    received.await.unwrap_or_else(|_| response::refusal(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The handshake of one client.
struct Handshake {
    parts: Parts,
    /// The recorded bytes of the request, if there are any.
    first: Option<Vec<u8>>,
    connection: Connection,
    outbox: mpsc::UnboundedReceiver<OutboundMessage>,
    upgrade: OnUpgrade,
    key: String,
    response: oneshot::Sender<ApiResponse>,
}

impl Handshake {
    async fn run(self: Box<Self>, gateway: Arc<Gateway>) {
        let Some((connection, outbox, upgrade)) = Box::pin(self.open(&gateway)).await else {
            return;
        };
        // There is no socket if the client left before the 101 reached it.
        let socket = upgrade.await.ok().and_then(socket);
        session::serve(&gateway, &connection, outbox, socket).await;
    }

    /// Responds to the client. Returns the connection if the function accepted it, even if the client has
    /// gone: then `$disconnect` has to run.
    async fn open(mut self: Box<Self>, gateway: &Arc<Gateway>) -> Option<Open> {
        let settings = &gateway.settings;
        let source = self.connection.client.source_ip;
        let head = RequestHead::new(&self.parts, self.first.as_deref(), source, gateway.port);
        let request_info = RequestInfo::new();
        match admit(gateway, &self.connection, &request_info, &self.parts, &head).await {
            Ok(granted) => self.connection.client.granted = granted,
            Err(refusal) => {
                self.refuse(refusal.into_response());
                return None;
            }
        }
        if !gateway.routes().contains("$connect") {
            return self.decide(gateway, Ok(Reply::new(200)));
        }
        let payload = event::connect(settings, &self.connection, &request_info, &head);
        let id = self.connection.id;
        gateway.connect(id, payload, |outcome| self.decide(gateway, outcome)).await
    }

    fn decide(self, gateway: &Gateway, outcome: Result<Reply, StatusCode>) -> Option<Open> {
        let refusal = match outcome {
            Ok(reply) if reply.is_success() => return Some(self.accept(gateway, &reply)),
            // A status below 200 is not a final response in HTTP.
            Ok(reply) => match StatusCode::from_u16(reply.status()) {
                Ok(StatusCode::NOT_MODIFIED) => response::empty(StatusCode::NOT_MODIFIED),
                Ok(status) if status.as_u16() >= 200 => response::refusal(status),
                _ => response::refusal(StatusCode::BAD_GATEWAY),
            },
            Err(status) => response::refusal(status),
        };
        self.refuse(refusal);
        None
    }

    fn refuse(self, refusal: ApiResponse) {
        let (connection, status) = (self.connection, refusal.status());
        connection
            .notify(|| GatewayEventKind::Refused { client: Box::new(connection.info()), status });
        // The client may have gone.
        let _ = self.response.send(refusal);
    }

    fn accept(self, gateway: &Gateway, reply: &Reply) -> Open {
        let connection = Arc::new(self.connection);
        connection.notify(|| GatewayEventKind::Opened(Box::new(connection.info())));
        gateway.connections.insert(connection.clone());
        let subprotocol = upgrade::subprotocol(&self.parts.headers, reply);
        // The client may have gone. Then the upgrade fails.
        let _ = self.response.send(upgrade::switch(&self.key, subprotocol));
        (connection, self.outbox, self.upgrade)
    }
}

/// The parts of an accepted connection.
type Open = (Arc<Connection>, mpsc::UnboundedReceiver<OutboundMessage>, OnUpgrade);

/// The upgraded socket, and the bytes that the HTTP library read beyond the handshake.
fn socket(upgraded: Upgraded) -> Option<(ClientSocket, Bytes)> {
    let parts = upgraded.downcast::<TokioIo<RecordingStream>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

//! A client of the kit. It sends events of its connection through the gateway in memory to the app.

use bytes::Bytes;
use lift_event::{EventKind, Reply, Selection};
use serde::Serialize;

use super::{
    conversation::Line,
    event::{ConnectionEvents, next_id},
    gateway::MemoryGateway,
};
use crate::ConnectionId;

/// A client whose handshake the app accepted.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lift_ws::{Accept, App, test::Kit};
///
/// let app = App::new().connect(async || Accept::user("ana").tenant("lotus"))
///     .default_route(async || "welcome");
/// let kit = Kit::new(app);
/// let ana = kit.connect("").await.unwrap();
/// ana.send("hello").await;
/// assert_eq!(ana.received(), ["welcome"]);
/// ana.close().await;
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    gateway: MemoryGateway,
    id: ConnectionId,
    events: ConnectionEvents,
    subprotocol: Option<String>,
}

/// The app refused the handshake.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lift_ws::{Accept, App, Refuse, test::Kit};
///
/// let app = App::new().connect(async || -> Result<Accept, Refuse> {
///     Err(Refuse::unauthorized("no token"))
/// });
/// assert_eq!(Kit::new(app).connect("").await.unwrap_err().status, 401);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status that the client sees.
    pub status: u16,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the app refused the handshake with {}", self.status)
    }
}

impl std::error::Error for Refused {}

impl Client {
    /// Connects a client that the conversation already knows.
    pub(super) async fn connect(
        gateway: MemoryGateway,
        query: String,
        events: ConnectionEvents,
    ) -> Result<Self, Refused> {
        let id = events.connection_id().clone();
        gateway.push.add_line(&id, Line::Connects(query));
        let payload = events.payload(EventKind::Connect, "$connect", None, None);
        // The payload is a valid event, so a failure is the function's: API Gateway answers 502.
        let reply = gateway.invoke(payload).await.unwrap_or(Reply::new(502));
        if !reply.is_success() {
            let status = reply.status();
            gateway.push.add_line(&id, Line::Refused(status));
            return Err(Refused { status });
        }
        let subprotocol = reply.subprotocol().map(str::to_owned);
        gateway.push.add_line(&id, Line::Accepted(subprotocol.clone()));
        let close = Some((1000, "Connection Closed Normally"));
        gateway.open(&id, events.payload(EventKind::Disconnect, "$disconnect", None, close));
        Ok(Self { gateway, id, events, subprotocol })
    }

    /// The connection's id.
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// The subprotocol that the app chose.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Whether the connection is open: the app may have closed it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.gateway.push.is_open(&self.id)
    }

    /// Sends a text message. Returns when the app has handled it, so that everything it posted has been
    /// received. Does nothing if the app has closed the connection.
    pub async fn send(&self, text: impl Into<String>) {
        if !self.is_open() {
            return;
        }
        let text = text.into();
        self.gateway.push.add_line(&self.id, Line::Sends(text.clone()));
        let description = self.gateway.service.description();
        // It was checked when the app was built.
        let selection: Selection = description.settings.selection.parse().unwrap_or_default();
        let selected = selection.select(&text);
        let has = |key: &str| description.routes.iter().find(|route| route.key == key);
        let route = selected.as_deref().and_then(has).or_else(|| has("$default"));
        let Some(route) = route else {
            let id = self.id.as_str();
            let frame = format!(
                r#"{{"message": "Forbidden", "connectionId":"{id}", "requestId":"{}"}}"#,
                next_id()
            );
            return self.gateway.push.deliver(&self.id, frame.into());
        };
        let payload = self.events.payload(EventKind::Message, &route.key, Some(&text), None);
        match self.gateway.invoke(payload).await {
            Ok(reply) if route.two_way => {
                if let Some(body) = reply.into_body() {
                    self.gateway.push.deliver(&self.id, body.into());
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// Sends a value as JSON.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub async fn send_json(&self, value: &(impl Serialize + ?Sized)) {
        self.send(serde_json::to_string(value).expect("the value can be written as JSON")).await;
    }

    /// Takes the messages received since the last call, as text. Bytes that are not UTF-8 become replacement
    /// characters.
    #[must_use]
    pub fn received(&self) -> Vec<String> {
        let text = |frame: Bytes| String::from_utf8_lossy(&frame).into_owned();
        self.gateway.push.take(&self.id).into_iter().map(text).collect()
    }

    /// Takes the messages received since the last call, as JSON.
    ///
    /// # Panics
    /// When a message is not JSON.
    #[must_use]
    pub fn received_json(&self) -> Vec<serde_json::Value> {
        let json = |frame: Bytes| serde_json::from_slice(&frame).expect("the message is JSON");
        self.gateway.push.take(&self.id).into_iter().map(json).collect()
    }

    /// Drops the messages received since the last call of [`received`](Self::received), so that the next one
    /// has only what follows.
    pub fn clear(&self) {
        drop(self.gateway.push.take(&self.id));
    }

    /// Closes the connection as a browser does; its `$disconnect` runs.
    pub async fn close(self) {
        self.close_with(1005, "Client-side close frame status not set").await;
    }

    /// Closes the connection with a code and a reason.
    pub async fn close_with(self, code: i32, reason: &str) {
        drop(self.gateway.remove(&self.id));
        if !self.gateway.push.end(&self.id) {
            // The app has closed it, and its `$disconnect` has run.
            return;
        }
        self.gateway.push.add_line(&self.id, Line::Closes(code));
        let close = Some((code, reason));
        let payload = self.events.payload(EventKind::Disconnect, "$disconnect", None, close);
        // API Gateway ignores what a `$disconnect` returns.
        let _ = self.gateway.invoke(payload).await;
    }

    /// Drops the connection without closing it. API Gateway has not noticed yet, so no `$disconnect` runs, and
    /// nothing is delivered.
    pub fn drop_connection(self) {
        if self.gateway.push.end(&self.id) {
            self.gateway.push.add_line(&self.id, Line::Lost);
        }
    }

    /// A `$disconnect` event of this connection, to invoke the app with late or twice.
    #[must_use]
    pub fn disconnect_payload(&self) -> Bytes {
        self.events.payload(EventKind::Disconnect, "$disconnect", None, Some((1001, "Going away")))
    }
}

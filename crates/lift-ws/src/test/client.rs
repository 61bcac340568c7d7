//! A client of the kit: its connection's events go through the app's one pipeline.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lift_event::{EventKind, Reply, Selection};
use serde::Serialize;

use super::{Kit, conversation::Said, event::Draft};
use crate::ConnectionId;

/// A client that an app let in.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{Accept, App, test::Kit};
///
/// let app = App::new().connect(async || Accept::user("ana").tenant("lotus"))
///     .default_route(async || "heard");
/// let kit = Kit::new(app);
/// let ana = kit.connect("").await.unwrap();
/// ana.send("hello").await;
/// assert_eq!(ana.received(), ["heard"]);
/// ana.close().await;
/// # });
/// ```
#[derive(Debug)]
pub struct Client {
    kit: Kit,
    id: ConnectionId,
    draft: Draft,
    subprotocol: Option<String>,
}

/// The app refused a handshake.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{Accept, App, Refuse, test::Kit};
///
/// let app = App::new().connect(async || -> Result<Accept, Refuse> {
///     Err(Refuse::unauthorized("no token"))
/// });
/// assert_eq!(Kit::new(app).connect("").await.unwrap_err().status, 401);
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Opens a connection whose client has its name already.
    pub(super) async fn connect(kit: Kit, query: String, draft: Draft) -> Result<Self, Refused> {
        let id = draft.connection_id().clone();
        kit.push().note(&id, Said::Connects(query));
        let payload = draft.payload(EventKind::Connect, "$connect", None, None);
        // A draft is always an event, so a failure is the function's: API Gateway answers 502.
        let reply = kit.invoke(payload).await.unwrap_or(Reply::new(502));
        if !reply.is_success() {
            let status = reply.status();
            kit.push().note(&id, Said::Refused(status));
            return Err(Refused { status });
        }
        let subprotocol = reply.subprotocol().map(str::to_owned);
        kit.push().note(&id, Said::LetIn(subprotocol.clone()));
        kit.push().open(&id);
        let ending = Some((1000, "Connection Closed Normally"));
        let ending = draft.payload(EventKind::Disconnect, "$disconnect", None, ending);
        kit.endings().insert(id.clone(), ending);
        Ok(Self { kit, id, draft, subprotocol })
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
        self.kit.push().is_open(&self.id)
    }

    /// Sends a text frame. Returns once the app has handled it, so that everything it posted has
    /// been received. Nothing arrives once the app has closed the connection.
    pub async fn send(&self, text: impl Into<String>) {
        if !self.is_open() {
            return;
        }
        let text = text.into();
        self.kit.push().note(&self.id, Said::Sends(text.clone()));
        let description = self.kit.service.description();
        // The app has checked it when it was built.
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
            return self.kit.push().deliver(&self.id, frame.into());
        };
        let payload = self.draft.payload(EventKind::Message, &route.key, Some(&text), None);
        match self.kit.invoke(payload).await {
            Ok(reply) if route.two_way => {
                if let Some(body) = reply.into_body() {
                    self.kit.push().deliver(&self.id, body.into());
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

    /// Takes the text frames received since the last call. Bytes that are not UTF-8 are shown with
    /// replacement characters.
    #[must_use]
    pub fn received(&self) -> Vec<String> {
        let text = |frame: Bytes| String::from_utf8_lossy(&frame).into_owned();
        self.kit.push().take(&self.id).into_iter().map(text).collect()
    }

    /// Takes the frames received since the last call, as JSON.
    ///
    /// # Panics
    /// When a frame is not JSON.
    #[must_use]
    pub fn received_json(&self) -> Vec<serde_json::Value> {
        let json = |frame: Bytes| serde_json::from_slice(&frame).expect("the frame is JSON");
        self.kit.push().take(&self.id).into_iter().map(json).collect()
    }

    /// Closes the connection as a browser does; its `$disconnect` runs.
    pub async fn close(self) {
        self.close_with(1005, "Client-side close frame status not set").await;
    }

    /// Closes the connection with a code and a reason.
    pub async fn close_with(self, code: i32, reason: &str) {
        self.kit.endings().remove(&self.id);
        if !self.kit.push().end(&self.id) {
            // The app closed it before, and its `$disconnect` ran then.
            return;
        }
        self.kit.push().note(&self.id, Said::Closes(code));
        let ending = Some((code, reason));
        let payload = self.draft.payload(EventKind::Disconnect, "$disconnect", None, ending);
        // API Gateway ignores what a `$disconnect` returns.
        let _ = self.kit.invoke(payload).await;
    }

    /// Loses the connection without a word: API Gateway has not noticed yet, but nothing arrives.
    pub fn vanish(self) {
        if self.kit.push().end(&self.id) {
            self.kit.push().note(&self.id, Said::Vanishes);
        }
    }

    /// The payload of one of this connection's events, to invoke late, twice or never.
    #[must_use]
    pub fn disconnect_payload(&self) -> Bytes {
        self.draft.payload(EventKind::Disconnect, "$disconnect", None, Some((1001, "Going away")))
    }
}

/// An id of API Gateway's form.
pub(super) fn next_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("kit{:012}=", NEXT.fetch_add(1, Ordering::Relaxed))
}

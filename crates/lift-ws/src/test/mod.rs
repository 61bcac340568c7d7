//! The test kit: an app in memory, with clients that connect, send and read what they received.
//! No socket, no AWS, no sleep.
//!
//! ```
//! use lift_ws::{App, Json, Text, test::Kit};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let kit = Kit::new(App::new().default_route(async |Text(text): Text| text));
//! let ana = kit.connect("name=ana").await.unwrap();
//! ana.send("hello").await;
//! assert_eq!(ana.received(), ["hello"]);
//! # });
//! ```

mod client;
mod conversation;
mod event;
mod handshake;
mod push;
mod store;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use lift_event::{DecodeError, Reply, limits::INTEGRATION_TIMEOUT};
use tokio::time::Instant;

use crate::{
    App, ConnectionId, Service,
    clock::epoch_millis,
    service::Invocation,
    store::{MemoryStore, Store},
};

pub use client::{Client, Refused};
pub use handshake::Handshake;
pub use push::RecordingPush;
pub use store::{Operation, RecordingStore};

/// An app in memory, behind what API Gateway would do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{Accept, App, test::Kit};
///
/// let app = App::new().connect(async || Accept::user("ana").tenant("lotus"))
///     .default_route(async || "heard");
/// let ana = Kit::new(app).connect("").await.unwrap();
/// ana.send("hello").await;
/// assert_eq!(ana.received(), ["heard"]);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Kit {
    service: Service,
    push: RecordingPush,
    clock: Clock,
    /// When the kit was made, in milliseconds since 1970.
    since: u64,
    /// The `$disconnect` of each open connection, for when the app closes it.
    endings: Arc<Mutex<HashMap<ConnectionId, Bytes>>>,
}

/// The wall clock as a kit's events and rows see it. Cloning shares it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use lift_ws::{Accept, App, test::Kit};
///
/// let app = App::new().connect(async || Accept::user("ana").tenant("lotus"));
/// let kit = Kit::new(app);
/// let before = kit.clock().now();
/// kit.clock().advance(Duration::from_secs(600));
/// assert_eq!(kit.clock().now() - before, 600_000);
/// # });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// Milliseconds since 1970: the system's time, and what it was advanced by.
    #[must_use]
    pub fn now(&self) -> u64 {
        epoch_millis() + self.0.load(Ordering::Relaxed)
    }

    /// Lets time pass at once. Timers are tokio's: pause its clock and advance it for these.
    pub fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Kit {
    /// Runs an app with a memory store.
    pub fn new<S: Send + Sync + 'static>(app: App<S>) -> Self {
        let clock = Clock::default();
        let store = MemoryStore::new().with_clock({
            let clock = clock.clone();
            move || clock.now()
        });
        Self { clock, ..Self::with_store(app, Arc::new(store)) }
    }

    /// Runs an app with a store of one's own.
    pub fn with_store<S: Send + Sync + 'static>(app: App<S>, store: Arc<dyn Store>) -> Self {
        let push = RecordingPush::new();
        let service = app.into_service(store, Arc::new(push.clone()));
        let clock = Clock::default();
        Self { service, push, since: clock.now(), clock, endings: Arc::default() }
    }

    /// Connects a client with a query such as `name=ana&room=general`.
    ///
    /// # Errors
    /// When the app refuses.
    pub async fn connect(&self, query: &str) -> Result<Client, Refused> {
        Handshake::new(self.clone(), None).query(query).connect().await
    }

    /// Connects a client that sends headers.
    ///
    /// # Errors
    /// When the app refuses.
    pub async fn connect_with_headers(
        &self,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, Refused> {
        let handshake = Handshake::new(self.clone(), None).query(query);
        let add =
            |handshake: Handshake, (name, value): &(&str, &str)| handshake.header(name, value);
        headers.iter().fold(handshake, add).connect().await
    }

    /// A client with a name, for [`conversation`](Self::conversation), of which more can be said
    /// before it connects.
    pub fn client(&self, name: &str) -> Handshake {
        Handshake::new(self.clone(), Some(name.to_owned()))
    }

    /// Everything that the clients and the app have said since the kit was made, a line each: for
    /// a snapshot. It is the same each time: a connection's id is its client's name, other ids are
    /// `<id>`, times since 1970 are `<time>`, and what the app answers to one step of a client is
    /// sorted by client, in the order in which they came. What was taken by
    /// [`Client::received`] stays in it.
    ///
    /// ```
    /// # use lift_ws::{App, Connection, Json, test::Kit};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let me = async |who: Connection| Json((who.id().clone(), who.connected_at()));
    /// let kit = Kit::new(App::new().route("me", me));
    /// let ana = kit.client("ana").query("room=1").connect().await.unwrap();
    /// ana.send(r#"{"action":"me"}"#).await;
    /// ana.close().await;
    /// assert_eq!(
    ///     kit.conversation(),
    ///     r#"ana connects ?room=1
    /// ana is let in (101)
    /// ana -> {"action":"me"}
    /// ana <- ["ana",<time>]
    /// ana closes (1005)
    /// "#
    /// );
    /// # });
    /// ```
    #[must_use]
    pub fn conversation(&self) -> String {
        self.push.conversation(&(self.since..=self.clock.now()))
    }

    /// The clock of the kit's events, and of the memory store that [`Kit::new`] makes.
    ///
    /// ```
    /// # use lift_ws::{App, Connection, test::Kit};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let kit = Kit::new(App::new().route("me", async |who: Connection| who.id().to_string()));
    /// let ana = kit.connect("").await.unwrap();
    /// kit.clock().advance(std::time::Duration::from_secs(3 * 3600));
    /// ana.send(r#"{"action":"me"}"#).await;
    /// let frame = &ana.received_json()[0];
    /// assert_eq!(frame["code"], "not_connected", "the row has expired: API Gateway closes after 2 h");
    /// # });
    /// ```
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where the clients' frames are recorded, and faults can be set.
    #[must_use]
    pub fn push(&self) -> &RecordingPush {
        &self.push
    }

    /// Gives the app an event of one's own, such as a fixture, a duplicate or a late one. Runs the
    /// `$disconnect` of the connections that the app closes meanwhile, as API Gateway does.
    ///
    /// # Errors
    /// When it is not an event.
    pub async fn invoke(&self, payload: impl Into<Bytes>) -> Result<Reply, DecodeError> {
        let reply = self.call(payload.into()).await?;
        while let Some(closed) = self.push.next_unsettled() {
            let ending = self.endings().remove(&closed);
            if let Some(ending) = ending {
                // API Gateway ignores what a `$disconnect` returns.
                let _ = self.call(ending).await;
            }
        }
        Reply::decode(&reply)
    }

    async fn call(&self, payload: Bytes) -> Result<Vec<u8>, DecodeError> {
        let deadline = Instant::now() + INTEGRATION_TIMEOUT;
        self.service.call(Invocation::new(payload, deadline)).await
    }

    fn endings(&self) -> MutexGuard<'_, HashMap<ConnectionId, Bytes>> {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

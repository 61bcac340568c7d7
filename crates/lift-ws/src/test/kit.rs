//! The kit itself: an app with its clients.

use std::{error, sync::Arc};

use bytes::Bytes;
use lift_event::{DecodeError, Reply, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::{Client, Clock, Handshake, RecordingPush, Refused, gateway::MemoryGateway};
use crate::{
    App,
    store::{MemoryStore, Store},
};

/// An app in memory, behind what API Gateway would do. Clones share it.
///
/// The state of an app of [`App::with_state_from`] is made before the first call. If that fails, the call panics
/// with the error.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lift_ws::{Accept, App, test::Kit};
///
/// let app = App::new().connect(async || Accept::user("ana").tenant("lotus"))
///     .default_route(async || "welcome");
/// let ana = Kit::new(app).connect("").await.unwrap();
/// ana.send("hello").await;
/// assert_eq!(ana.received(), ["welcome"]);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Kit {
    gateway: MemoryGateway,
    started_at: Timestamp,
    /// The store, unless the test gave one.
    memory: Option<MemoryStore>,
}

impl Kit {
    /// Runs an app with a [`MemoryStore`].
    pub fn new<S: Send + Sync + 'static>(app: App<S>) -> Self {
        let clock = Clock::default();
        let store = MemoryStore::new().with_clock({
            let clock = clock.clone();
            move || clock.now()
        });
        let kit = Self::with(app, Arc::new(store.clone()), clock);
        Self { memory: Some(store), ..kit }
    }

    /// Runs an app with another store.
    pub fn with_store<S: Send + Sync + 'static>(app: App<S>, store: Arc<dyn Store>) -> Self {
        Self::with(app, store, Clock::default())
    }

    fn with<S: Send + Sync + 'static>(app: App<S>, store: Arc<dyn Store>, clock: Clock) -> Self {
        let push = RecordingPush::new();
        let service = app.into_service(store, Arc::new(push.clone()));
        let started_at = clock.now();
        Self { gateway: MemoryGateway::new(service, push, clock), started_at, memory: None }
    }

    /// Connects a client with a query such as `name=ana&room=general`.
    ///
    /// # Errors
    /// When the app refuses the handshake.
    pub async fn connect(&self, query: &str) -> Result<Client, Refused> {
        Handshake::new(self.gateway.clone(), None).query(query).connect().await
    }

    /// Connects a client with a query and with headers.
    ///
    /// # Errors
    /// When the app refuses the handshake.
    pub async fn connect_with_headers(
        &self,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, Refused> {
        let mut handshake = Handshake::new(self.gateway.clone(), None).query(query);
        for (name, value) in headers {
            handshake = handshake.header(name, value);
        }
        handshake.connect().await
    }

    /// Prepares the handshake of a client. [`conversation`](Self::conversation) shows the client by its
    /// name.
    pub fn client(&self, name: &str) -> Handshake {
        Handshake::new(self.gateway.clone(), Some(name.to_owned()))
    }

    /// Everything that the clients and the app have sent since the kit was made, for a snapshot test: one
    /// line each.
    ///
    /// The text is the same in each run: a connection's id is replaced by its client's name, other ids by
    /// `<id>`, and times since 1970 by `<time>`. What the app sends after a client's step is ordered by
    /// client, in the order in which the clients connected. Messages that [`Client::received`] took are
    /// still in it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Connection, Json, test::Kit};
    ///
    /// let me = async |me: Connection| Json((me.id().clone(), me.connected_at()));
    /// let kit = Kit::new(App::new().route("me", me));
    /// let ana = kit.client("ana").query("room=1").connect().await.unwrap();
    /// ana.send(r#"{"action":"me"}"#).await;
    /// ana.close().await;
    /// assert_eq!(
    ///     kit.conversation(),
    ///     r#"ana connects ?room=1
    /// ana is accepted (101)
    /// ana -> {"action":"me"}
    /// ana <- ["ana",<time>]
    /// ana closes (1005)
    /// "#
    /// );
    /// # }
    /// ```
    #[must_use]
    pub fn conversation(&self) -> String {
        self.gateway.push.conversation(&(self.started_at..=self.gateway.clock.now()))
    }

    /// The clock of the kit's events, and of the store that [`Kit::new`] makes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Connection, test::Kit};
    ///
    /// let kit = Kit::new(App::new().route("me", async |me: Connection| me.id().to_string()));
    /// let ana = kit.connect("").await.unwrap();
    /// kit.clock().advance(std::time::Duration::from_secs(3 * 3600));
    /// ana.send(r#"{"action":"me"}"#).await;
    /// let frame = &ana.received_json()[0];
    /// assert_eq!(frame["code"], "not_connected", "the row has expired after 2 h");
    /// # }
    /// ```
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.gateway.clock
    }

    /// Makes lists and counts lag, as they do on AWS: those of tenants, users and groups stay as they are
    /// now, until `false` ends the lag.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Error, Publisher, extract::StoredConnection, store::Item, test::Kit};
    ///
    /// async fn join(me: StoredConnection, publish: Publisher) -> Result<String, Error> {
    ///     me.put_item(&Item::in_group("vase")).await?;
    ///     Ok(publish.group("vase").count().await?.to_string())
    /// }
    ///
    /// let kit = Kit::new(App::new().route("join", join));
    /// let ana = kit.connect("").await.unwrap();
    /// kit.set_lists_lag(true);
    /// ana.send(r#"{"action":"join"}"#).await;
    /// assert_eq!(ana.received(), ["0"], "the group does not have ana yet");
    /// kit.set_lists_lag(false);
    /// ana.send(r#"{"action":"join"}"#).await;
    /// assert_eq!(ana.received(), ["1"]);
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the kit has a store of the test's own ([`Kit::with_store`]): let that store lag, such as by
    /// [`MemoryStore::set_lists_lag`].
    #[track_caller]
    pub fn set_lists_lag(&self, lag: bool) {
        let Some(store) = &self.memory else {
            panic!("this kit has a store of the test's own: call `set_lists_lag` of that store");
        };
        store.set_lists_lag(lag);
    }

    /// The push that records what the clients receive, and that can inject faults.
    #[must_use]
    pub fn push(&self) -> &RecordingPush {
        &self.gateway.push
    }

    /// Invokes the app with any event, such as a fixture, a duplicate or a late one. Then runs the
    /// `$disconnect` of each connection that the app closed meanwhile, as API Gateway does.
    ///
    /// # Errors
    /// When the payload is not an event.
    pub async fn invoke(&self, payload: impl Into<Bytes>) -> Result<Reply, DecodeError> {
        self.gateway.invoke(payload.into()).await
    }

    /// Gives the app an event that belongs to no connection, such as of a queue or a schedule. Its handler is that
    /// of [`App::other_events`].
    ///
    /// # Errors
    /// The handler's error, or that the app has no such handler.
    ///
    /// # Panics
    /// When the event cannot be written as JSON.
    pub async fn invoke_other(
        &self,
        event: &(impl Serialize + ?Sized),
    ) -> Result<Value, Box<dyn error::Error + Send + Sync>> {
        let payload = serde_json::to_vec(event).expect("the event can be written as JSON");
        self.gateway.invoke_other(payload.into()).await
    }
}

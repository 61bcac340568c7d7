//! The app's builder: routes and layers in any order, other apps merged in, then one finished
//! [`Service`].

mod settings;

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{
    Connect, Connected, Disconnect, FromCall, Handler, IntoHandshake, IntoReply, Layer, Message,
    Push, Route, Service, SettingsDescription,
    call::Services,
    correlate::Correlation,
    erase::erase,
    route::{DEFAULT, Draft, Layers, Messages, Slot, fill},
    routes::{Routes, Settings},
    store::Store,
};

/// An app: one handler per route.
///
/// Connections are managed: an accepted `$connect` is stored before the handshake is answered, and
/// a `$disconnect` puts a tombstone before its handler runs. An app without these handlers still
/// connects everybody, and its connections are still managed.
///
/// A large app is several, each with routes, layers and a state of its own, put together by
/// [`merge`](Self::merge).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{Accept, App, Query, UserId, test::Kit};
///
/// #[derive(serde::Deserialize)]
/// struct Hello { name: String }
///
/// let app = App::new()
///     .connect(async |Query(hello): Query<Hello>| Accept::user(hello.name))
///     .route("me", async |user: UserId| user.to_string());
/// // `lift_aws::run(app).await` is the program; this is its test:
/// let ana = Kit::new(app).connect("name=ana").await.unwrap();
/// ana.send(r#"{"action":"me"}"#).await;
/// assert_eq!(ana.received(), ["ana"]);
/// # });
/// ```
#[must_use = "an app does nothing until it is run"]
pub struct App<S = ()> {
    state: Arc<S>,
    pub(crate) draft: Draft,
    pub(crate) layers: Layers,
    pub(crate) settings: Settings,
    pub(crate) correlation: Option<Correlation>,
    /// What the app's surroundings are told beside the routes.
    pub(crate) said: SettingsDescription,
    pub(crate) variables: BTreeSet<String>,
}

impl App {
    /// An app without routes.
    pub fn new() -> Self {
        Self::with_state(())
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Send + Sync + 'static> App<S> {
    /// An app whose handlers can extract [`State<S>`](crate::State), if `S` can be cloned.
    pub fn with_state(state: S) -> Self {
        Self {
            state: Arc::new(state),
            draft: Draft::default(),
            layers: Layers::new(),
            settings: Settings {
                two_way: false,
                unmanaged: false,
                // Strings cannot fail to serialize.
                frame: Arc::new(|error| serde_json::to_vec(&error.frame()).unwrap_or_default()),
                mappings: Vec::new(),
                subprotocols: Vec::new(),
                identify: None,
            },
            correlation: None,
            said: SettingsDescription::default(),
            variables: BTreeSet::new(),
        }
    }

    /// Decides who may connect: the handler returns `Accept` or `Refuse`.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn connect<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Connect, S>,
        H::Output: IntoHandshake + 'static,
        H::Future: Send,
    {
        let state = self.state.clone();
        let handler = erase::<Connect, _, _, _, _>(handler, state, IntoHandshake::into_handshake);
        fill(&mut self.draft.connect, "$connect", Some(Slot::new(handler)));
        self
    }

    /// Runs once the connection is stored and before the client is let in: announce a newcomer
    /// here. The client itself cannot be sent to yet. A failure refuses the handshake.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn connected<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Connected, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        let state = self.state.clone();
        let handler = erase::<Connected, _, _, _, _>(handler, state, IntoReply::into_reply);
        fill(&mut self.draft.connected, "connected", Some(Slot::new(handler)));
        self
    }

    /// Runs at most once for a connection that ended, after its tombstone was put.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn disconnect<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Disconnect, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        let state = self.state.clone();
        let handler = erase::<Disconnect, _, _, _, _>(handler, state, IntoReply::into_reply);
        fill(&mut self.draft.disconnect, "$disconnect", Some(Slot::new(handler)));
        self
    }

    /// Handles the messages of a route key. To say more of one, see [`with_route`](Self::with_route).
    ///
    /// # Panics
    /// When the key is empty, starts with `$`, or has a handler already.
    #[track_caller]
    pub fn route<H, A>(self, key: &str, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Message, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        self.with_route(Route::new(key, handler))
    }

    /// Handles the messages that no other route takes. Never sees `$connect` or `$disconnect`.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn default_route<H, A>(self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Message, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        self.with_route(Route::unchecked(DEFAULT, handler))
    }

    /// Adds a route with settings of its own.
    ///
    /// # Panics
    /// When its key has a handler already.
    #[track_caller]
    pub fn with_route(mut self, route: Route<S>) -> Self {
        let Route { key, handler, two_way, layers, schemas, place } = route;
        let given = Messages { handler: handler(self.state.clone()), two_way, schemas };
        self.draft.add(key, Slot { given, layers, place });
        self
    }

    /// Takes over the routes of another app, which keep its state and its layers; these come inside
    /// of this app's own. What it needs is taken over too: its variables, its keepalive route, and
    /// its subprotocols if this app has none. All else that is said for a whole app, such as the
    /// error frame, `map_error`, `correlate` and the selection, is this app's.
    ///
    /// ```
    /// use lift_ws::{App, State};
    ///
    /// let shop = App::with_state("shop").route("buy", async |State(name): State<&'static str>| name);
    /// let app = App::new().route("say", async || ()).merge(shop);
    /// # let _ = app;
    /// ```
    ///
    /// # Panics
    /// When both have a handler for the same; the message names both places.
    #[track_caller]
    pub fn merge<T: Send + Sync + 'static>(mut self, other: App<T>) -> Self {
        self.draft.merge(other.draft, &other.layers, other.settings.two_way);
        self.said.keepalive = self.said.keepalive.or(other.said.keepalive);
        self.variables.extend(other.variables);
        if self.settings.subprotocols.is_empty() {
            self.settings.subprotocols = other.settings.subprotocols;
        }
        self
    }

    /// Puts a layer around every route, also around those added later. The first layer added is
    /// the outermost.
    pub fn layer(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Finishes the app: where connections are stored, and how they are posted to. `lift_aws::run`
    /// and the [test kit](crate::test::Kit) do it for you.
    #[must_use]
    pub fn into_service(self, store: Arc<dyn Store>, push: Arc<dyn Push>) -> Service {
        let description = self.describe();
        let services = Services::new(store, push, self.settings.identify.clone());
        let routes = Routes::new(self.draft, &self.layers, self.settings);
        Service::new(routes, self.correlation, description, services)
    }
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.draft.messages.keys().map(|key| &**key).collect();
        f.debug_struct("App").field("routes", &keys).finish_non_exhaustive()
    }
}

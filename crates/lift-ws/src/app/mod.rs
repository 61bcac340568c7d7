//! The builder of an app: routes and layers in any order, merged with other apps, then finished as one
//! [`Service`].

mod configure;
mod description;
mod settings;
mod state;
mod with_state;

use std::{fmt, sync::Arc};

use crate::{
    IntoReply, Route, Service,
    call::Services,
    extract::FromCall,
    handler::{Handler, IntoHandshake, erase},
    kind::{Connect, Connected, Disconnect, Message},
    layer::{Layer, Layers},
    other_event::{self, FromOtherEvent, IntoResult, OtherHandler},
    push::Push,
    route::{CompiledRoutes, DEFAULT, Entry, MessageRoute, RouteTable, set},
    service::Compiled,
    store::Store,
};

use settings::AppSettings;
use state::{MakeState, StateSource};

pub use state::StateError;
pub(crate) use state::{LateStates, StateCell};

/// An app: one handler per route.
///
/// Connections are managed: Lift stores an accepted connection before it answers the handshake, and
/// puts a tombstone before it runs the `$disconnect` handler. An app without these handlers accepts
/// every client, and its connections are managed too.
///
/// Several apps, each with its own routes, layers and state, become one by [`merge`](Self::merge).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
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
/// # }
/// ```
#[must_use = "an app does nothing until it is run"]
pub struct App<S = ()> {
    state: StateCell<S>,
    source: StateSource<S>,
    /// How to make the states of the merged apps.
    late_states: Vec<MakeState>,
    routes: RouteTable,
    other_events: Option<Entry<OtherHandler>>,
    /// The layers around all routes, outermost first.
    layers: Layers,
    settings: AppSettings,
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
    fn with_source(source: StateSource<S>) -> Self {
        Self {
            state: StateCell::new(),
            source,
            late_states: Vec::new(),
            other_events: None,
            routes: RouteTable::default(),
            layers: Layers::new(),
            settings: AppSettings::default(),
        }
    }

    /// Sets the handler of `$connect`, which accepts or refuses a client: it returns
    /// [`Accept`](crate::Accept) or [`Refuse`](crate::Refuse).
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
        set(&mut self.routes.connect, "$connect", Some(Entry::new(handler)));
        self
    }

    /// Sets a handler that runs after the connection is stored and before the client is accepted.
    /// Use it to tell other clients. The client itself cannot receive messages yet. An error refuses
    /// the handshake.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn on_connected<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Connected, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        let state = self.state.clone();
        let handler = erase::<Connected, _, _, _, _>(handler, state, IntoReply::into_reply);
        set(&mut self.routes.on_connected, "on_connected", Some(Entry::new(handler)));
        self
    }

    /// Sets the handler of `$disconnect`. It runs at most once for a connection, after the tombstone
    /// was put.
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
        set(&mut self.routes.disconnect, "$disconnect", Some(Entry::new(handler)));
        self
    }

    /// Sets the handler of a route key's messages. For a route with settings see
    /// [`with_route`](Self::with_route).
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

    /// Sets the handler of the messages without a route of their own. It never gets `$connect` or
    /// `$disconnect`.
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

    /// Sets the handler of the events that belong to no connection: of a queue, a schedule, a stream, or a
    /// direct invocation such as `lift invoke`. Its result is the invocation's result, and its error is
    /// reported to Lambda. [`other_event`](crate::other_event) lists its arguments.
    ///
    /// `lift_aws::run_beside(app, handler)` is the same as `lift_aws::run(app.other_events(handler))`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Error, GlobalPublisher, State, test::Kit};
    /// use serde_json::{Value, json};
    ///
    /// async fn close(
    ///     State(shop): State<&'static str>,
    ///     publisher: GlobalPublisher,
    ///     event: Value,
    /// ) -> Result<Value, Error> {
    ///     let at = event["at"].as_str().ok_or("the event has no `at`")?;
    ///     let report = publisher.tenant(shop).text(format!("we close at {at}")).await?;
    ///     Ok(json!({"sent": report.counts.sent}))
    /// }
    ///
    /// let kit = Kit::new(App::with_state("lotus").other_events(close));
    /// assert_eq!(kit.invoke_other(&json!({"at": "ten"})).await.unwrap(), json!({"sent": 0}));
    /// let error = kit.invoke_other(&json!({})).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the event has no `at`");
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn other_events<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromOtherEvent<S> + 'static,
        H::Output: IntoResult + 'static,
        H::Future: Send,
    {
        let entry = Entry::new(other_event::erase(handler, self.state.clone()));
        set(&mut self.other_events, "other_events", Some(entry));
        self
    }

    /// Adds a route with its own settings.
    ///
    /// # Panics
    /// When its key has a handler already.
    #[track_caller]
    pub fn with_route(mut self, route: Route<S>) -> Self {
        let Route { key, handler, two_way, layers, schemas, location } = route;
        let value = MessageRoute { handler: handler(self.state.clone()), two_way, schemas };
        self.routes.add(key, Entry { value, layers, location });
        self
    }

    /// Adds the routes of another app. They keep their state and their layers, which run inside this
    /// app's layers. Also added: the other app's handler of other events, its tables, schedules and required
    /// variables, and, if this app has none, its keepalive route and its subprotocols. All other settings, such
    /// as `error_frame`, `map_error`, `correlate` and `route_selection`, are this app's.
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
    /// When both apps have a handler for the same route, or declare the same table in two ways; the
    /// message names both lines of code. Or when both have a schedule of the same name.
    #[track_caller]
    pub fn merge<T: Send + Sync + 'static>(mut self, other: App<T>) -> Self {
        self.routes.merge(other.routes, &other.layers, other.settings.two_way);
        self.settings.merge(other.settings);
        set(&mut self.other_events, "other_events", other.other_events);
        self.late_states.extend(other.late_states);
        self.late_states.extend(other.source.fill(&other.state));
        self
    }

    /// Puts a layer around all routes, also around those that are added later. The first layer is the
    /// outermost.
    pub fn layer(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Finishes the app, with the store of its connections and the client that posts to them.
    /// `lift_aws::run` and the [test kit](crate::test::Kit) do this for you.
    #[must_use]
    pub fn into_service(self, store: Arc<dyn Store>, push: Arc<dyn Push>) -> Service {
        let description = self.describe();
        let mut late_states = self.late_states;
        late_states.extend(self.source.fill(&self.state));
        let AppSettings {
            two_way,
            managed,
            errors,
            subprotocols,
            authorizer_identity,
            correlation,
            ..
        } = self.settings;
        let services = Services::new(store, push, authorizer_identity);
        let routes = CompiledRoutes::new(self.routes, &self.layers, two_way, managed, subprotocols);
        let other_events = self.other_events.map(|entry| entry.value);
        let late_states = LateStates::new(late_states);
        let errors = Arc::new(errors);
        let app = Compiled { routes, errors, managed, correlation, other_events, late_states };
        Service::new(app, description, services)
    }
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.routes.messages.keys().map(|key| &**key).collect();
        f.debug_struct("App").field("routes", &keys).finish_non_exhaustive()
    }
}

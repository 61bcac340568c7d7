//! The app's builder: routes and layers in any order, then one finished [`Service`].

use std::{collections::hash_map::Entry, fmt, sync::Arc};

use crate::{
    Connect, Connected, Description, Disconnect, FromCall, Handler, IntoHandshake, IntoReply,
    Layer, Message, Push, RouteDescription, Service,
    route::{self, Route, Routes},
    store::Store,
};

/// An app: one handler per route.
///
/// Connections are managed: an accepted `$connect` is stored before the handshake is answered, and
/// a `$disconnect` puts a tombstone before its handler runs. An app without these handlers still
/// connects everybody, and its connections are still managed.
#[must_use = "an app does nothing until it is run"]
pub struct App<S = ()> {
    state: Arc<S>,
    routes: Routes,
    layers: Vec<Arc<dyn Layer>>,
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
    /// An app whose handlers can extract [`State<S>`](crate::State).
    pub fn with_state(state: S) -> Self {
        Self { state: Arc::new(state), routes: Routes::default(), layers: Vec::new() }
    }

    /// Decides who may connect: the handler returns `Accept` or `Refuse`.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn connect<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromCall<Connect, S> + 'static,
        H::Output: IntoHandshake,
        H::Future: Send,
    {
        let handler = route::erase_connect(handler, self.state.clone());
        set(&mut self.routes.connect, "$connect", handler);
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
        A: FromCall<Connected, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        let handler = route::erase::<Connected, _, _, _>(handler, self.state.clone());
        set(&mut self.routes.connected, "connected", handler);
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
        A: FromCall<Disconnect, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        let handler = route::erase::<Disconnect, _, _, _>(handler, self.state.clone());
        set(&mut self.routes.disconnect, "$disconnect", handler);
        self
    }

    /// Handles the messages of a route key. The route is one-way: a reply and an error frame are
    /// posted to the sender.
    ///
    /// # Panics
    /// When the key is empty, starts with `$`, or has a handler already.
    #[track_caller]
    pub fn route<H, A>(self, key: &str, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromCall<Message, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        self.message(key, handler, false)
    }

    /// Handles the messages of a route key that has a route response: a reply and an error frame
    /// go back as that response, without a post.
    ///
    /// # Panics
    /// When the key is empty, starts with `$`, or has a handler already.
    #[track_caller]
    pub fn two_way_route<H, A>(self, key: &str, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromCall<Message, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        self.message(key, handler, true)
    }

    /// Handles the messages that no other route takes. Never sees `$connect` or `$disconnect`.
    ///
    /// # Panics
    /// When the app has one already.
    #[track_caller]
    pub fn default_route<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromCall<Message, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        let handler = route::erase::<Message, _, _, _>(handler, self.state.clone());
        set(&mut self.routes.default, "$default", Route { handler, two_way: false });
        self
    }

    /// Puts a layer around every route, also around those added later. The first layer added is
    /// the outermost.
    pub fn layer(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Stores no connections. Handlers then cannot extract a connection or a publisher.
    pub fn unmanaged(mut self) -> Self {
        self.routes.unmanaged = true;
        self
    }

    /// The app's description of itself.
    #[must_use]
    pub fn describe(&self) -> Description {
        let one_way = |key: &str| RouteDescription { key: key.into(), two_way: false };
        let managed = !self.routes.unmanaged;
        let lifecycle = [
            ("$connect", managed || self.routes.connect.is_some()),
            ("$disconnect", managed || self.routes.disconnect.is_some()),
            ("$default", self.routes.default.is_some()),
        ];
        let lifecycle =
            lifecycle.into_iter().filter(|(_, there)| *there).map(|(key, _)| one_way(key));
        let messages = self
            .routes
            .messages
            .iter()
            .map(|(key, route)| RouteDescription { key: key.to_string(), two_way: route.two_way });
        Description::new(lifecycle.chain(messages).collect(), managed)
    }

    /// Finishes the app: where connections are stored, and how they are posted to.
    #[must_use]
    pub fn into_service(self, store: Arc<dyn Store>, push: Arc<dyn Push>) -> Service {
        let description = self.describe();
        Service::new(self.routes, self.layers, description, store, push)
    }

    #[track_caller]
    fn message<H, A>(mut self, key: &str, handler: H, two_way: bool) -> Self
    where
        H: Handler<A, Args = A>,
        A: FromCall<Message, S> + 'static,
        H::Output: IntoReply,
        H::Future: Send,
    {
        assert!(!key.is_empty(), "a route key cannot be empty");
        assert!(
            !key.starts_with('$'),
            "the route key `{key}` is reserved: use `.connect`, `.disconnect` or `.default_route`",
        );
        let handler = route::erase::<Message, _, _, _>(handler, self.state.clone());
        match self.routes.messages.entry(key.into()) {
            Entry::Vacant(entry) => entry.insert(Route { handler, two_way }),
            Entry::Occupied(_) => panic!("the route key `{key}` has a handler already"),
        };
        self
    }
}

#[track_caller]
fn set<T>(slot: &mut Option<T>, name: &str, handler: T) {
    assert!(slot.replace(handler).is_none(), "`{name}` has a handler already");
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}

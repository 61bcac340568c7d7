//! Routes: the public [`Route`] of a message, the table of an app that is being built, and the routes
//! of a finished app.
//!
//! ```text
//! Route -> RouteTable: add, merge -> CompiledRoutes: find
//! ```

mod compiled;
mod route_builder;
#[cfg(feature = "schema")]
mod schema;

use std::{fmt, panic::Location, sync::Arc};

use lift_event::Reply;

use crate::{
    IntoReply,
    app::StateCell,
    extract::FromCall,
    handler::{ErasedHandler, Handler, erase},
    kind::Message,
    layer::{Layer, Layers},
};

pub(crate) use compiled::CompiledRoutes;
pub(crate) use route_builder::{DEFAULT, Entry, MessageRoute, RouteTable, Schemas, set};

/// A message route with its own settings, for [`App::with_route`](crate::App::with_route).
///
/// ```
/// use lift_ws::{App, Route, layer};
///
/// let app = App::new()
///     .with_route(Route::new("upload", async || "taken").layer(layer::body_limit(4096)))
///     .with_route(Route::new("ask", async || "answer").two_way());
/// # let _ = app;
/// ```
#[must_use = "a route does nothing until it is added to an app"]
pub struct Route<S = ()> {
    pub(crate) key: Box<str>,
    pub(crate) handler: Box<dyn FnOnce(StateCell<S>) -> ErasedHandler<Reply> + Send>,
    pub(crate) two_way: Option<bool>,
    pub(crate) layers: Layers,
    pub(crate) schemas: Schemas,
    pub(crate) location: &'static Location<'static>,
}

impl<S: Send + Sync + 'static> Route<S> {
    /// Handles the messages of a route key.
    ///
    /// # Panics
    /// When the key is empty or starts with `$`.
    #[track_caller]
    pub fn new<H, A>(key: &str, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Message, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        assert!(!key.is_empty(), "a route key cannot be empty");
        assert!(
            !key.starts_with('$'),
            "the route key `{key}` is reserved: use `.connect`, `.disconnect` or `.default_route`",
        );
        Self::unchecked(key, handler)
    }

    /// A route of any key, also of `$default`.
    #[track_caller]
    pub(crate) fn unchecked<H, A>(key: &str, handler: H) -> Self
    where
        H: Handler<A, Args = A>,
        A: 'static,
        H::Args: FromCall<Message, S>,
        H::Output: IntoReply + 'static,
        H::Future: Send,
    {
        Self {
            key: key.into(),
            handler: Box::new(|state| {
                erase::<Message, _, _, _, _>(handler, state, IntoReply::into_reply)
            }),
            two_way: None,
            layers: Layers::new(),
            schemas: Schemas::default(),
            location: Location::caller(),
        }
    }

    /// Sends replies and error frames as the route response, without a post. The route must then be
    /// deployed with a route response with the key `$default`. API Gateway calls this two-way.
    pub fn two_way(mut self) -> Self {
        self.two_way = Some(true);
        self
    }

    /// Posts replies and error frames to the sender, which works with and without a route response.
    pub fn one_way(mut self) -> Self {
        self.two_way = Some(false);
        self
    }

    /// Puts a layer around this route, inside the app's layers.
    pub fn layer(mut self, layer: impl Layer) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("key", &self.key).finish_non_exhaustive()
    }
}

//! What is said of a route while the app is built: its handler, its layers, how replies go back.

use std::{collections::BTreeMap, fmt, panic::Location, sync::Arc};

use lift_event::Reply;
use serde_json::Value;

use crate::{
    Accept, FromCall, Handler, IntoReply, Layer, Message,
    erase::{Erased, erase},
};

/// The key of the route that takes what no other takes.
pub(crate) const DEFAULT: &str = "$default";

pub(crate) type Layers = Vec<Arc<dyn Layer>>;

/// A route of messages with settings of its own, for [`App::with_route`](crate::App::with_route).
///
/// ```
/// use lift_ws::{App, Route, layers};
///
/// let app = App::new()
///     .with_route(Route::new("upload", async || "taken").layer(layers::body_limit(4096)))
///     .with_route(Route::new("ask", async || "answer").two_way());
/// # let _ = app;
/// ```
#[must_use = "a route does nothing until it is added to an app"]
pub struct Route<S = ()> {
    pub(crate) key: Box<str>,
    pub(crate) handler: Box<dyn FnOnce(Arc<S>) -> Erased<Reply> + Send>,
    pub(crate) two_way: Option<bool>,
    pub(crate) layers: Layers,
    pub(crate) schemas: Schemas,
    pub(crate) place: &'static Location<'static>,
}

/// What the messages and the replies of a route are, where it says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) payload: Option<Value>,
    pub(crate) reply: Option<Value>,
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

    /// A route of any key, also of [`DEFAULT`].
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
            place: Location::caller(),
        }
    }

    /// Sends replies and error frames as the route response, without a post. The deployed route
    /// then needs a route response with the key `$default`.
    pub fn two_way(mut self) -> Self {
        self.two_way = Some(true);
        self
    }

    /// Posts replies and error frames to the sender, which works on every deployed route.
    pub fn one_way(mut self) -> Self {
        self.two_way = Some(false);
        self
    }

    /// Puts a layer around this route, inside of the app's layers.
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

/// Something that the app has once, with the layers around it and the line that gave it.
pub(crate) struct Slot<T> {
    pub(crate) given: T,
    pub(crate) layers: Layers,
    pub(crate) place: &'static Location<'static>,
}

/// A message's handler, and what its route says of itself.
pub(crate) struct Messages {
    pub(crate) handler: Erased<Reply>,
    pub(crate) two_way: Option<bool>,
    pub(crate) schemas: Schemas,
}

/// Every handler of an app that is being built.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) connect: Option<Slot<Erased<Accept>>>,
    pub(crate) connected: Option<Slot<Erased<Reply>>>,
    pub(crate) disconnect: Option<Slot<Erased<Reply>>>,
    pub(crate) messages: BTreeMap<Box<str>, Slot<Messages>>,
}

impl Draft {
    /// Adds a message's route; two of one key are an error.
    #[track_caller]
    pub(crate) fn add(&mut self, key: Box<str>, slot: Slot<Messages>) {
        if let Some(other) = self.messages.get(&key) {
            clash(&key, other.place, slot.place);
        }
        self.messages.insert(key, slot);
    }

    /// Takes over the handlers of another app, inside of its layers.
    #[track_caller]
    pub(crate) fn merge(&mut self, other: Self, layers: &Layers, two_way: bool) {
        fill(&mut self.connect, "$connect", other.connect.map(|slot| slot.within(layers)));
        fill(&mut self.connected, "connected", other.connected.map(|slot| slot.within(layers)));
        fill(&mut self.disconnect, "$disconnect", other.disconnect.map(|slot| slot.within(layers)));
        for (key, mut slot) in other.messages {
            slot.given.two_way.get_or_insert(two_way);
            self.add(key, slot.within(layers));
        }
    }
}

impl<T> Slot<T> {
    #[track_caller]
    pub(crate) fn new(given: T) -> Self {
        Self { given, layers: Layers::new(), place: Location::caller() }
    }

    fn within(mut self, outer: &Layers) -> Self {
        self.layers.splice(0..0, outer.iter().cloned());
        self
    }
}

/// Fills a place that an app has once.
#[track_caller]
pub(crate) fn fill<T>(place: &mut Option<Slot<T>>, name: &str, slot: Option<Slot<T>>) {
    let Some(slot) = slot else { return };
    if let Some(other) = place {
        clash(name, other.place, slot.place);
    }
    *place = Some(slot);
}

#[track_caller]
fn clash(name: &str, first: &Location<'_>, second: &Location<'_>) -> ! {
    panic!("`{name}` has two handlers: one given at {first}, another at {second}")
}

//! The handlers of an app that is being built, each with the line of code that added it.

use std::{collections::BTreeMap, panic::Location};

use lift_event::Reply;
use serde_json::Value;

use crate::{Accept, handler::ErasedHandler, layer::Layers};

/// The key of the route that takes the messages without a route of their own.
pub(crate) const DEFAULT: &str = "$default";

/// A handler, or a message route, of an app that is being built.
pub(crate) struct Entry<T> {
    pub(crate) value: T,
    /// The layers around this entry alone, outermost first.
    pub(crate) layers: Layers,
    /// Where the app's code added it.
    pub(crate) location: &'static Location<'static>,
}

/// A message route: its handler and its settings.
pub(crate) struct MessageRoute {
    pub(crate) handler: ErasedHandler<Reply>,
    /// `None`: as the app says.
    pub(crate) two_way: Option<bool>,
    pub(crate) schemas: Schemas,
}

/// The JSON Schemas of a route's messages and replies, where the app gives them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) payload: Option<Value>,
    pub(crate) reply: Option<Value>,
}

/// All handlers of an app that is being built.
#[derive(Default)]
pub(crate) struct RouteTable {
    pub(crate) connect: Option<Entry<ErasedHandler<Accept>>>,
    pub(crate) on_connected: Option<Entry<ErasedHandler<Reply>>>,
    pub(crate) disconnect: Option<Entry<ErasedHandler<Reply>>>,
    pub(crate) messages: BTreeMap<Box<str>, Entry<MessageRoute>>,
}

impl RouteTable {
    /// Adds a message route. Panics when the key has one.
    #[track_caller]
    pub(crate) fn add(&mut self, key: Box<str>, entry: Entry<MessageRoute>) {
        if let Some(other) = self.messages.get(&key) {
            panic_on_duplicate(&key, other.location, entry.location);
        }
        self.messages.insert(key, entry);
    }

    /// Adds the handlers of another app, each inside that app's `layers`.
    #[track_caller]
    pub(crate) fn merge(&mut self, other: Self, layers: &Layers, two_way: bool) {
        let Self { connect, on_connected, disconnect, messages } = other;
        set(&mut self.connect, "$connect", connect.map(|entry| entry.within(layers)));
        set(&mut self.on_connected, "on_connected", on_connected.map(|entry| entry.within(layers)));
        set(&mut self.disconnect, "$disconnect", disconnect.map(|entry| entry.within(layers)));
        for (key, mut entry) in messages {
            entry.value.two_way.get_or_insert(two_way);
            self.add(key, entry.within(layers));
        }
    }
}

impl<T> Entry<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self { value, layers: Layers::new(), location: Location::caller() }
    }

    fn within(mut self, outer: &Layers) -> Self {
        self.layers.splice(0..0, outer.iter().cloned());
        self
    }
}

/// Sets a handler that an app has at most once. Panics when it is set already.
#[track_caller]
pub(crate) fn set<T>(place: &mut Option<Entry<T>>, name: &str, entry: Option<Entry<T>>) {
    let Some(entry) = entry else { return };
    if let Some(other) = place {
        panic_on_duplicate(name, other.location, entry.location);
    }
    *place = Some(entry);
}

#[track_caller]
fn panic_on_duplicate(name: &str, first: &Location<'_>, second: &Location<'_>) -> ! {
    panic!("`{name}` has two handlers: one given at {first}, another at {second}")
}

//! The routes of a finished app: which one an event takes.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;
use lift_event::{Event, EventKind, Reply};

use super::route_builder::{DEFAULT, Entry, RouteTable};
use crate::{
    Error,
    handler::ErasedHandler,
    layer::{CompiledRoute, Layer, Layers},
    lifecycle,
};

/// All routes of a finished app.
pub(crate) struct CompiledRoutes {
    connect: Arc<CompiledRoute>,
    disconnect: Arc<CompiledRoute>,
    messages: HashMap<Box<str>, Arc<CompiledRoute>, RandomState>,
    default: Arc<CompiledRoute>,
}

impl CompiledRoutes {
    /// Puts the app's `layers` around each route of the table. `two_way` is the setting of the
    /// message routes that have none.
    pub(crate) fn new(
        table: RouteTable,
        layers: &Layers,
        two_way: bool,
        managed: bool,
        subprotocols: Vec<String>,
    ) -> Self {
        let compile = |inner: &[Arc<dyn Layer>], handler, two_way| {
            let layers = layers.iter().chain(inner).cloned().collect();
            Arc::new(CompiledRoute { layers, handler, two_way })
        };
        let messages = table.messages.into_iter().map(|(key, entry)| {
            let two_way = entry.value.two_way.unwrap_or(two_way);
            (key, compile(&entry.layers, entry.value.handler, two_way))
        });
        let mut messages: HashMap<_, _, RandomState> = messages.collect();
        let default =
            messages.remove(DEFAULT).unwrap_or_else(|| compile(&[], unknown_route(), false));
        let (mut connect_layers, connect) = parts(table.connect);
        let (on_connected_layers, on_connected) = parts(table.on_connected);
        let (disconnect_layers, disconnect) = parts(table.disconnect);
        // `on_connected` runs within `$connect`. A layer that came with both goes around once.
        for layer in on_connected_layers {
            if !connect_layers.iter().any(|other| Arc::ptr_eq(other, &layer)) {
                connect_layers.push(layer);
            }
        }
        let connect = lifecycle::connect(connect, on_connected, managed, subprotocols);
        let disconnect = lifecycle::disconnect(disconnect, managed);
        Self {
            connect: compile(&connect_layers, connect, false),
            disconnect: compile(&disconnect_layers, disconnect, false),
            messages,
            default,
        }
    }

    /// The route of an event. A message without a route of its own takes `$default`.
    pub(crate) fn find(&self, event: &Event) -> &Arc<CompiledRoute> {
        match event.kind() {
            EventKind::Connect => &self.connect,
            EventKind::Disconnect => &self.disconnect,
            EventKind::Message => self.messages.get(event.route_key()).unwrap_or(&self.default),
        }
    }
}

/// The handler of `$default` in an app that has none.
fn unknown_route() -> ErasedHandler<Reply> {
    Arc::new(|_| Box::pin(async { Err(Error::new("unknown_route", "No such route")) }))
}

fn parts<T>(entry: Option<Entry<T>>) -> (Layers, Option<T>) {
    entry.map_or_else(Default::default, |entry| (entry.layers, Some(entry.value)))
}

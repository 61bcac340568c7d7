//! The routes of a finished app: which one an event takes, through which layers, and its handler's
//! outcome as a reply.

use std::{collections::HashMap, error::Error as StdError, panic::AssertUnwindSafe, sync::Arc};

use foldhash::fast::RandomState;
use futures_util::FutureExt;
use lift_event::{Event, EventKind, Reply};

use crate::{
    Accept, Call, Error, Layer,
    erase::Erased,
    managed,
    route::{DEFAULT, Draft, Layers, Slot},
};

/// What a client is sent for an error.
pub(crate) type Frame = Arc<dyn Fn(&Error) -> Vec<u8> + Send + Sync>;

/// Makes what a client is told of an error that a handler met; `None` for other errors.
pub(crate) type Mapping = Arc<dyn Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync>;

/// Who a connection is, from an event's authorizer context.
pub(crate) type Identify = Arc<dyn Fn(&Event) -> Result<Accept, Error> + Send + Sync>;

/// What an app says of all its routes.
pub(crate) struct Settings {
    pub(crate) two_way: bool,
    pub(crate) unmanaged: bool,
    pub(crate) frame: Frame,
    pub(crate) mappings: Vec<Mapping>,
    /// What the app speaks, the preferred one first.
    pub(crate) subprotocols: Vec<String>,
    /// Who a connection is, by its authorizer's context.
    pub(crate) identify: Option<Identify>,
}

/// Every route of a finished app.
pub(crate) struct Routes {
    pub(crate) unmanaged: bool,
    frame: Frame,
    mappings: Vec<Mapping>,
    connect: Arc<Way>,
    disconnect: Arc<Way>,
    messages: HashMap<Box<str>, Arc<Way>, RandomState>,
    /// The way of the messages that have no route of their own.
    others: Arc<Way>,
}

/// The way of an event: through layers, outermost first, to a handler.
pub(crate) struct Way {
    pub(crate) layers: Layers,
    pub(crate) handler: Erased<Reply>,
    pub(crate) two_way: bool,
}

impl Routes {
    pub(crate) fn new(draft: Draft, layers: &Layers, settings: Settings) -> Self {
        let Settings { two_way, unmanaged, frame, mappings, subprotocols, identify: _ } = settings;
        let way = |inner: &[Arc<dyn Layer>], handler, two_way| {
            let layers = layers.iter().chain(inner).cloned().collect();
            Arc::new(Way { layers, handler, two_way })
        };
        let messages = draft.messages.into_iter().map(|(key, slot)| {
            let two_way = slot.given.two_way.unwrap_or(two_way);
            (key, way(&slot.layers, slot.given.handler, two_way))
        });
        let mut messages: HashMap<_, _, RandomState> = messages.collect();
        let others = messages.remove(DEFAULT).unwrap_or_else(|| way(&[], unknown(), false));
        let (around_connect, connect) = parts(draft.connect);
        let (around_connected, connected) = parts(draft.connected);
        let (around_disconnect, disconnect) = parts(draft.disconnect);
        // `connected` runs within `$connect`; a layer that came with both goes around once.
        let mut around = around_connect;
        for layer in around_connected {
            if !around.iter().any(|other| Arc::ptr_eq(other, &layer)) {
                around.push(layer);
            }
        }
        Self {
            connect: way(
                &around,
                managed::accept(connect, connected, unmanaged, subprotocols),
                false,
            ),
            disconnect: way(&around_disconnect, managed::end(disconnect, unmanaged), false),
            messages,
            others,
            unmanaged,
            frame,
            mappings,
        }
    }

    /// The way of an event: a message takes its own route, else `$default`.
    pub(crate) fn find(&self, event: &Event) -> &Arc<Way> {
        match event.kind() {
            EventKind::Connect => &self.connect,
            EventKind::Disconnect => &self.disconnect,
            EventKind::Message => self.messages.get(event.route_key()).unwrap_or(&self.others),
        }
    }

    /// Runs a handler; a failure or a panic becomes a reply here, and is none afterwards.
    pub(crate) async fn run(&self, handler: &Erased<Reply>, call: Call) -> Reply {
        let event = call.event().clone();
        let outcome = AssertUnwindSafe(handler(call)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)));
        outcome.unwrap_or_else(|error| self.failure(&event, &error))
    }

    /// An error as a reply: the status refuses a handshake, the body is the error frame.
    pub(crate) fn failure(&self, event: &Event, error: &Error) -> Reply {
        let told =
            error.cause().and_then(|cause| self.mappings.iter().find_map(|mapping| mapping(cause)));
        let error = told.as_ref().unwrap_or(error);
        error.log(event.route_key());
        if event.kind() == EventKind::Connect && error.cause().is_none() {
            // API Gateway tells the client the status and nothing else.
            let (status, reason) = (error.status(), error.message());
            tracing::info!(status, reason, "a client was refused");
        }
        Reply::new(error.status()).with_body((self.frame)(error))
    }
}

/// The handler of messages that no route takes.
fn unknown() -> Erased<Reply> {
    Arc::new(|_| Box::pin(async { Err(Error::new("unknown_route", "No such route")) }))
}

fn parts<T>(slot: Option<Slot<T>>) -> (Layers, Option<T>) {
    slot.map_or_else(Default::default, |slot| (slot.layers, Some(slot.given)))
}

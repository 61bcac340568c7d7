//! The routes of a finished app: which one an event takes, through which layers, and its handler's
//! outcome as a reply.

use std::{collections::HashMap, error::Error as StdError, panic::AssertUnwindSafe, sync::Arc};

use foldhash::fast::RandomState;
use futures_util::FutureExt;
use lift_event::{Event, Kind, Reply};

use crate::{
    Accept, Call, Error, Layer,
    erase::Erased,
    route::{DEFAULT, Draft, Layers, Slot},
};

/// The layers around a route, outermost first.
pub(crate) type Chain = Arc<[Arc<dyn Layer>]>;

/// What a client is sent for an error.
pub(crate) type Frame = Arc<dyn Fn(&Error) -> Vec<u8> + Send + Sync>;

/// Makes what a client is told of an error that a handler met; `None` for other errors.
pub(crate) type Mapping = Arc<dyn Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync>;

/// What an app says of all its routes.
pub(crate) struct Settings {
    pub(crate) two_way: bool,
    pub(crate) unmanaged: bool,
    pub(crate) frame: Frame,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) subprotocols: Vec<String>,
}

/// Every route of a finished app.
pub(crate) struct Routes {
    pub(crate) connect: Option<Erased<Accept>>,
    pub(crate) connected: Option<Erased<Reply>>,
    pub(crate) disconnect: Option<Erased<Reply>>,
    pub(crate) unmanaged: bool,
    pub(crate) subprotocols: Vec<String>,
    frame: Frame,
    mappings: Vec<Mapping>,
    around_connect: Chain,
    around_disconnect: Chain,
    around_unknown: Chain,
    messages: HashMap<Box<str>, Message, RandomState>,
    default: Option<Message>,
}

#[derive(Clone)]
struct Message {
    handler: Erased<Reply>,
    two_way: bool,
    around: Chain,
}

/// The way of an event.
pub(crate) struct Way {
    pub(crate) target: Target,
    pub(crate) around: Chain,
    pub(crate) two_way: bool,
}

/// Where a way ends.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) routes: Arc<Routes>,
    handler: Option<Erased<Reply>>,
}

impl Routes {
    pub(crate) fn new(draft: Draft, layers: &Layers, settings: Settings) -> Self {
        let Settings { two_way, unmanaged, frame, mappings, subprotocols } = settings;
        let chain = |inner: &[Arc<dyn Layer>]| layers.iter().chain(inner).cloned().collect();
        let mut messages: HashMap<Box<str>, Message, RandomState> = HashMap::default();
        for (key, slot) in draft.messages {
            let two_way = slot.given.two_way.unwrap_or(two_way);
            let around = chain(&slot.layers);
            messages.insert(key, Message { handler: slot.given.handler, two_way, around });
        }
        fn around<T>(slot: Option<&Slot<T>>) -> &[Arc<dyn Layer>] {
            slot.map_or(&[], |slot| &slot.layers)
        }
        // `connected` runs within `$connect`; a layer that came with both goes around once.
        let mut connect = around(draft.connect.as_ref()).to_vec();
        for layer in around(draft.connected.as_ref()) {
            if !connect.iter().any(|other| Arc::ptr_eq(other, layer)) {
                connect.push(layer.clone());
            }
        }
        Self {
            around_connect: chain(&connect),
            around_disconnect: chain(around(draft.disconnect.as_ref())),
            around_unknown: chain(&[]),
            connect: draft.connect.map(|slot| slot.given),
            connected: draft.connected.map(|slot| slot.given),
            disconnect: draft.disconnect.map(|slot| slot.given),
            default: messages.remove(DEFAULT),
            messages,
            unmanaged,
            subprotocols,
            frame,
            mappings,
        }
    }

    /// The way of an event: a message takes its own route, else `$default`.
    pub(crate) fn find(self: &Arc<Self>, event: &Event) -> Way {
        let message = match event.kind() {
            Kind::Message => self.messages.get(event.route_key()).or(self.default.as_ref()),
            Kind::Connect | Kind::Disconnect => None,
        };
        let around = match (event.kind(), message) {
            (_, Some(message)) => &message.around,
            (Kind::Connect, _) => &self.around_connect,
            (Kind::Disconnect, _) => &self.around_disconnect,
            (Kind::Message, None) => &self.around_unknown,
        };
        let handler = message.map(|message| message.handler.clone());
        Way {
            target: Target { routes: self.clone(), handler },
            around: around.clone(),
            two_way: message.is_some_and(|message| message.two_way),
        }
    }

    /// An error as a reply: the status refuses a handshake, the body is the error frame.
    pub(crate) fn failure(&self, event: &Event, error: &Error) -> Reply {
        let told =
            error.cause().and_then(|cause| self.mappings.iter().find_map(|mapping| mapping(cause)));
        let error = told.as_ref().unwrap_or(error);
        error.log(event.route_key());
        if event.kind() == Kind::Connect && error.cause().is_none() {
            // API Gateway tells the client the status and nothing else.
            let (status, reason) = (error.status(), error.message());
            tracing::info!(status, reason, "a client was refused");
        }
        Reply::new(error.status()).with_body((self.frame)(error))
    }
}

impl Target {
    /// Runs the handler; a failure or a panic becomes a reply here, and is none afterwards.
    pub(crate) async fn run(self, call: Call) -> Reply {
        let (routes, event) = (self.routes.clone(), call.event().clone());
        let outcome = AssertUnwindSafe(self.outcome(call)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)));
        outcome.unwrap_or_else(|error| routes.failure(&event, &error))
    }

    async fn outcome(self, call: Call) -> Result<Reply, Error> {
        match (call.event().kind(), self.handler) {
            (Kind::Connect, _) => self.routes.accept(call).await,
            (Kind::Disconnect, _) => self.routes.end(call).await,
            (Kind::Message, Some(handler)) => handler(call).await,
            (Kind::Message, None) => Err(Error::new("unknown_route", "No such route")),
        }
    }
}

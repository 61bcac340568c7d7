//! Routes: handlers with their extractors, erased once when the app is built, and how to find one.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use foldhash::fast::RandomState;
use futures_util::{FutureExt, future::BoxFuture};
use lift_event::{Event, Kind, Reply};

use crate::{
    Accept, Call, Connection, Error, FromCall, Handler, IntoHandshake, IntoReply,
    store::{Row, Saved},
};

/// A handler with its extractors and state, for events of one kind.
type Erased<T> = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<T, Error>> + Send + Sync>;

/// A route for a message.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) handler: Erased<Reply>,
    pub(crate) two_way: bool,
}

/// Every route of an app.
#[derive(Default)]
pub(crate) struct Routes {
    pub(crate) connect: Option<Erased<Accept>>,
    pub(crate) connected: Option<Erased<Reply>>,
    pub(crate) disconnect: Option<Erased<Reply>>,
    pub(crate) default: Option<Route>,
    pub(crate) messages: HashMap<Box<str>, Route, RandomState>,
    pub(crate) unmanaged: bool,
}

/// Where a call goes: all routes, and the one that was found for a message.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) routes: Arc<Routes>,
    pub(crate) message: Option<Route>,
}

pub(crate) fn erase<K, S, H, A>(handler: H, state: Arc<S>) -> Erased<Reply>
where
    K: crate::Kind,
    S: Send + Sync + 'static,
    A: FromCall<K, S> + 'static,
    H: Handler<A, Args = A>,
    H::Output: IntoReply,
    H::Future: Send,
{
    let handler = Arc::new(handler);
    Arc::new(move |call| {
        let (handler, state) = (handler.clone(), state.clone());
        Box::pin(async move {
            let args = A::from_call(&call, &state).await?;
            handler.run(args).await.into_reply()
        })
    })
}

pub(crate) fn erase_connect<S, H, A>(handler: H, state: Arc<S>) -> Erased<Accept>
where
    S: Send + Sync + 'static,
    A: FromCall<crate::Connect, S> + 'static,
    H: Handler<A, Args = A>,
    H::Output: IntoHandshake,
    H::Future: Send,
{
    let handler = Arc::new(handler);
    Arc::new(move |call| {
        let (handler, state) = (handler.clone(), state.clone());
        Box::pin(async move {
            let args = A::from_call(&call, &state).await?;
            handler.run(args).await.into_handshake()
        })
    })
}

impl Routes {
    /// The route of a message: its own, else `$default`.
    pub(crate) fn find(&self, event: &Event) -> Option<Route> {
        match event.kind() {
            Kind::Message => {
                self.messages.get(event.route_key()).or(self.default.as_ref()).cloned()
            }
            Kind::Connect | Kind::Disconnect => None,
        }
    }
}

impl Target {
    /// Runs the handler; a failure or a panic becomes a reply here, and is none afterwards.
    pub(crate) async fn run(self, call: Call) -> Reply {
        let event = call.event().clone();
        let outcome = AssertUnwindSafe(self.outcome(call)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)));
        outcome.unwrap_or_else(|error| {
            error.log(event.route_key());
            failure(&error)
        })
    }

    async fn outcome(self, call: Call) -> Result<Reply, Error> {
        match (call.event().kind(), self.message) {
            (Kind::Connect, _) => self.routes.accept(call).await,
            (Kind::Disconnect, _) => self.routes.end(call).await,
            (Kind::Message, Some(route)) => (route.handler)(call).await,
            (Kind::Message, None) => Err(Error::new("unknown_route", "No such route")),
        }
    }
}

impl Routes {
    /// `$connect`: ask the handler, store the row, tell the others, let the client in.
    async fn accept(&self, call: Call) -> Result<Reply, Error> {
        let accept = match &self.connect {
            Some(handler) => handler(call.clone()).await?,
            None => Accept::anonymous(),
        };
        if let Some(chosen) = &accept.subprotocol {
            offered(&call, chosen)?;
        }
        let reply = accept.reply();
        call.start_saving();
        if self.unmanaged {
            return Ok(reply);
        }
        let row = Row {
            id: call.connection_id(),
            user: accept.user,
            tenant: accept.tenant,
            endpoint: call.endpoint(),
            connected_at: call.event().connected_at(),
            attributes: accept.attributes,
        };
        match call.services().store.save(&row).await? {
            Saved::Stored => {}
            Saved::Ended => return Err(Error::new("ended", "The connection has ended")),
        }
        call.set_connection(call.services().remember(row));
        if let Some(connected) = &self.connected {
            connected(call).await?;
        }
        Ok(reply)
    }

    /// `$disconnect`: put the tombstone first. The row that this returns is the connection; without
    /// one the handler has run before, or never had a connection to serve.
    async fn end(&self, call: Call) -> Result<Reply, Error> {
        let services = call.services();
        services.forget(call.event().connection_id());
        if !self.unmanaged {
            match services.store.remove(&call.connection_id()).await? {
                Some(row) => call.set_connection(Connection(Arc::new(row))),
                None => return Ok(Reply::new(200)),
            }
        }
        match &self.disconnect {
            Some(handler) => handler(call).await,
            None => Ok(Reply::new(200)),
        }
    }
}

/// A subprotocol that the client did not offer would make browsers drop the connection.
fn offered(call: &Call, chosen: &str) -> Result<(), Error> {
    let headers = call.event().headers()?;
    let offers = headers.get_all("Sec-WebSocket-Protocol");
    if offers.flat_map(|list| list.split(',')).any(|offer| offer.trim() == chosen) {
        return Ok(());
    }
    Err(Error::internal(format!("the client did not offer the subprotocol {chosen:?}")))
}

/// An error as a reply: the status refuses a handshake, the body is the error frame.
pub(crate) fn failure(error: &Error) -> Reply {
    // Strings cannot fail to serialize.
    let frame = serde_json::to_vec(&error.frame()).unwrap_or_default();
    Reply::new(error.status()).with_body(frame)
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("panicked: {}", text.unwrap_or("with a value that is not text")))
}

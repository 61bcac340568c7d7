//! The trait [`Layer`], the rest of a route after a layer, and layers made of functions.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt};
use lift_event::Reply;

use crate::{Call, Error, IntoReply, error_reply::ErrorReplies, handler::ErasedHandler};

/// Layers, outermost first.
pub(crate) type Layers = Vec<Arc<dyn Layer>>;

/// A step around routes. It gets the call, and either runs the next step or returns its own
/// reply.
///
/// On `$connect`, a reply that is not 2xx refuses the handshake. A layer cannot accept a client: a
/// 2xx reply without a stored connection is turned into a refusal.
///
/// [`from_fn`] and [`from_fn_with`] make a layer of an async function. Your own type:
///
/// ```
/// use futures_util::future::BoxFuture;
/// use lift_ws::{App, Call, Error, Reply, layer::{Layer, Next}};
///
/// /// Takes no messages while the shop is closed.
/// struct Closed;
///
/// impl Layer for Closed {
///     fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
///         match call.event().message_id() {
///             Some(_) => {
///                 let error = Error::new("closed", "The shop is closed");
///                 Box::pin(async move { next.fail(&call, &error) })
///             }
///             None => Box::pin(next.run(call)),
///         }
///     }
/// }
/// # let _ = App::new().layer(Closed);
/// ```
pub trait Layer: Send + Sync + 'static {
    /// Handles the call.
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply>;

    /// The largest message that this layer passes on, in bytes, if it has a limit. The app's
    /// description shows it; this method does not enforce it.
    fn body_limit(&self) -> Option<usize> {
        None
    }
}

/// The steps after a layer: the layers further in, then the route's handler.
///
/// ```
/// use lift_ws::{App, Call, Error, Reply, layer::{Next, from_fn}};
///
/// let office_hours = from_fn(async |call: Call, next: Next| -> Reply {
///     match call.event().request_time_epoch().as_secs() / 3600 % 24 {
///         9..17 => next.run(call).await,
///         _ => next.fail(&call, &Error::new("closed", "Open from 9 to 17")),
///     }
/// });
/// # let _ = App::new().layer(office_hours);
/// ```
#[derive(Clone)]
pub struct Next {
    route: Arc<CompiledRoute>,
    errors: Arc<ErrorReplies>,
    /// The index of the next layer.
    index: usize,
}

/// A route of a finished app: layers, then a handler.
pub(crate) struct CompiledRoute {
    pub(crate) layers: Layers,
    pub(crate) handler: ErasedHandler<Reply>,
    pub(crate) two_way: bool,
}

impl Next {
    /// The start of a route.
    pub(crate) fn new(route: Arc<CompiledRoute>, errors: Arc<ErrorReplies>) -> Self {
        Self { route, errors, index: 0 }
    }

    /// Runs the layers further in, then the handler. An error or a panic of the handler is returned as a
    /// reply.
    pub async fn run(mut self, call: Call) -> Reply {
        if let Some(layer) = self.route.layers.get(self.index).cloned() {
            self.index += 1;
            return layer.call(call, self).await;
        }
        let event = call.event().clone();
        let result = AssertUnwindSafe((self.route.handler)(call)).catch_unwind().await;
        let result = result.unwrap_or_else(|panic| Err(Error::panicked(&*panic)));
        result.unwrap_or_else(|error| self.errors.reply(&event, &error))
    }

    /// The app's reply to an error, instead of running the rest: it refuses a handshake, and sends
    /// an error frame for a message.
    #[must_use]
    pub fn fail(&self, call: &Call, error: &Error) -> Reply {
        self.errors.reply(call.event(), error)
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("index", &self.index).finish_non_exhaustive()
    }
}

/// Makes a layer of an async function.
///
/// The function may return what a message handler may return: a [`Reply`], a text, or a `Result`. An
/// error refuses a handshake, and sends an error frame for a message. [`Call::extract`] runs
/// extractors. [`from_fn_with`] passes a value to the function.
///
/// ```
/// use lift_ws::{App, Call, Error, Reply, UserId, layer::{Next, from_fn}};
///
/// let staff_only = from_fn(async |call: Call, next: Next| -> Result<Reply, Error> {
///     match call.extract::<UserId>().await?.as_str() {
///         "librarian" => Ok(next.run(call).await),
///         _ => Err(Error::new("staff_only", "Ask a librarian")),
///     }
/// });
/// let app = App::new().layer(staff_only);
/// # let _ = app;
/// ```
pub fn from_fn<F, Fut>(function: F) -> impl Layer
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoReply> + Send + 'static,
{
    FromFn(function)
}

/// Makes a layer of an async function and a value, which is cloned for each call. Put a large value
/// into an `Arc`.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use lift_ws::{App, Call, Reply, layer::{Next, from_fn_with}};
///
/// async fn count(calls: Arc<AtomicU64>, call: Call, next: Next) -> Reply {
///     calls.fetch_add(1, Ordering::Relaxed);
///     next.run(call).await
/// }
///
/// let calls = Arc::new(AtomicU64::new(0));
/// let app = App::new().layer(from_fn_with(calls.clone(), count));
/// # let _ = app;
/// ```
pub fn from_fn_with<T, F, Fut>(with: T, function: F) -> impl Layer
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T, Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoReply> + Send + 'static,
{
    FromFn(move |call: Call, next: Next| function(with.clone(), call, next))
}

struct FromFn<F>(F);

impl<F, Fut> Layer for FromFn<F>
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoReply> + Send + 'static,
{
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
        let (errors, event) = (next.errors.clone(), call.event().clone());
        let result = (self.0)(call, next);
        Box::pin(async move {
            let reply = result.await.into_reply();
            reply.unwrap_or_else(|error| errors.reply(&event, &error))
        })
    }
}

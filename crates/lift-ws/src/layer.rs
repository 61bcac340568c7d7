//! Layers: steps around every route, in the order in which they were added, outermost first.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use lift_event::Reply;

use crate::{
    Call, Error, IntoReply,
    routes::{Routes, Way},
};

/// A step around the routes: sees the call, calls the next step or answers itself.
///
/// On `$connect`, an answer that is not 2xx refuses the handshake. A layer cannot let a client in
/// by itself: an answer of 2xx without a stored connection is refused.
///
/// [`from_fn`] and [`from_fn_with`] make one of an async function. A type of one's own:
///
/// ```
/// use futures_util::future::BoxFuture;
/// use lift_ws::{App, Call, Error, Layer, Next, Reply};
///
/// /// Takes no messages while the shop is closed.
/// struct Closed;
///
/// impl Layer for Closed {
///     fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
///         match call.event().message_id() {
///             Some(_) => {
///                 let error = Error::new("closed", "Come tomorrow");
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

    /// The most bytes of a message that this layer lets pass, if it has such a limit: the app's
    /// description says so. It is not enforced here.
    fn body_limit(&self) -> Option<usize> {
        None
    }
}

/// What comes after a layer.
///
/// ```
/// use lift_ws::{App, Call, Error, Next, Reply, from_fn};
///
/// let office_hours = from_fn(async |call: Call, next: Next| -> Reply {
///     match call.event().request_time_epoch().as_secs() / 3600 % 24 {
///         9..17 => next.run(call).await,
///         _ => next.fail(&call, &Error::new("closed", "Come between 9 and 17")),
///     }
/// });
/// # let _ = App::new().layer(office_hours);
/// ```
#[derive(Clone)]
pub struct Next {
    pub(crate) routes: Arc<Routes>,
    pub(crate) way: Arc<Way>,
    /// How many of the way's layers are behind.
    pub(crate) passed: usize,
}

impl Next {
    /// Runs the rest: the layers further in, then the route.
    pub async fn run(mut self, call: Call) -> Reply {
        match self.way.layers.get(self.passed).cloned() {
            Some(layer) => {
                self.passed += 1;
                layer.call(call, self).await
            }
            None => self.routes.run(&self.way.handler, call).await,
        }
    }

    /// Answers instead of the rest, with what the app makes of an error: the reply refuses a
    /// handshake, and is the error frame of a message.
    #[must_use]
    pub fn fail(&self, call: &Call, error: &Error) -> Reply {
        self.routes.failure(call.event(), error)
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("passed", &self.passed).finish_non_exhaustive()
    }
}

/// Makes a layer of an async function.
///
/// It may return whatever a handler may: a [`Reply`], a text, or a `Result`, so that `?` works. A
/// failure refuses a handshake, and is the error frame of a message. What the function needs of the
/// call it takes by [`Call::extract`]. One that needs something from outside is given it by
/// [`from_fn_with`].
///
/// ```
/// use lift_ws::{App, Call, Error, Next, Reply, UserId, from_fn};
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

/// Makes a layer of an async function and of something that is cloned for each call: put what is
/// large into an `Arc`.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use lift_ws::{App, Call, Next, Reply, from_fn_with};
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
        let (routes, event) = (next.routes.clone(), call.event().clone());
        let outcome = (self.0)(call, next);
        Box::pin(async move {
            let reply = outcome.await.into_reply();
            reply.unwrap_or_else(|error| routes.failure(&event, &error))
        })
    }
}

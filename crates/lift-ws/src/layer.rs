//! Layers: steps around every route, in the order in which they were added, outermost first.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use lift_event::Reply;

use crate::{
    Call, Error,
    routes::{Routes, Way},
};

/// A step around the routes: sees the call, calls the next step or answers itself.
///
/// On `$connect`, an answer that is not 2xx refuses the handshake. A layer cannot let a client in
/// by itself: an answer of 2xx without a stored connection is refused.
pub trait Layer: Send + Sync + 'static {
    /// Handles the call.
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply>;
}

/// What comes after a layer.
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
}

impl Next {
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
/// ```
/// use lift_ws::{App, Call, Next, from_fn};
///
/// let app = App::new().layer(from_fn(async |call: Call, next: Next| {
///     let route_key = call.event().route_key().to_owned();
///     let reply = next.run(call).await;
///     println!("{route_key}: {}", reply.status());
///     reply
/// }));
/// # let _ = app;
/// ```
pub fn from_fn<F, Fut>(function: F) -> impl Layer
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Reply> + Send + 'static,
{
    FromFn(function)
}

struct FromFn<F>(F);

impl<F, Fut> Layer for FromFn<F>
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Reply> + Send + 'static,
{
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
        Box::pin((self.0)(call, next))
    }
}

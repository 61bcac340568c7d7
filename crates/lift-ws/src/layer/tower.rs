//! A bridge for layers of tower: timeouts, concurrency limits, load shedding.

use std::{
    convert::Infallible,
    error::Error as StdError,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use lift_event::Reply;
use tower::{Layer as TowerLayer, Service, ServiceExt};

use super::{Layer, Next};
use crate::{Call, Error};

/// The request of a tower service: a call, and the rest of the route.
pub type Step = (Call, Next);

/// Makes a layer of a tower layer, or of several composed by `tower::ServiceBuilder`.
///
/// The tower layer is applied once, so one that counts, such as a concurrency limit, counts all calls.
/// Its errors become an `internal_error`. A stack of tower layers costs two allocations for each
/// call; each `from_fn` costs one.
///
/// ```
/// use lift_ws::{App, layer};
/// use tower::limit::ConcurrencyLimitLayer;
///
/// let app = App::new().layer(layer::tower(ConcurrencyLimitLayer::new(64)));
/// # let _ = app;
/// ```
pub fn tower<L>(layer: L) -> impl Layer
where
    L: TowerLayer<Through>,
    L::Service: Service<Step, Response = Reply> + Clone + Send + Sync + 'static,
    <L::Service as Service<Step>>::Error: Into<Box<dyn StdError + Send + Sync>> + Send,
    <L::Service as Service<Step>>::Future: Send,
{
    Bridge(layer.layer(Through(())))
}

/// The innermost service: runs the rest of the route.
#[derive(Clone, Debug)]
pub struct Through(());

impl Service<Step> for Through {
    type Response = Reply;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Reply, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (call, next): Step) -> Self::Future {
        Box::pin(async move { Ok(next.run(call).await) })
    }
}

struct Bridge<T>(T);

impl<T> Layer for Bridge<T>
where
    T: Service<Step, Response = Reply> + Clone + Send + Sync + 'static,
    T::Error: Into<Box<dyn StdError + Send + Sync>> + Send,
    T::Future: Send,
{
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
        let service = self.0.clone();
        Box::pin(async move {
            let step = (call.clone(), next.clone());
            match service.oneshot(step).await {
                Ok(reply) => reply,
                Err(error) => next.fail(&call, &Error::internal(error)),
            }
        })
    }
}

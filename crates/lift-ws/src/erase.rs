//! A handler with its extractors and its state, erased once when it is given to the app.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{Call, Error, FromCall, Handler, Kind};

/// From a call to what the handler made of it: one box for each call.
pub(crate) type Erased<T> = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<T, Error>> + Send + Sync>;

/// Extracts for a call of kind `K`, runs, and finishes the handler's output.
pub(crate) fn erase<K, S, H, A, T>(
    handler: H,
    state: Arc<S>,
    finish: fn(H::Output) -> Result<T, Error>,
) -> Erased<T>
where
    K: Kind,
    S: Send + Sync + 'static,
    A: FromCall<K, S> + 'static,
    H: Handler<A, Args = A>,
    H::Output: 'static,
    H::Future: Send,
    T: 'static,
{
    let shared = Arc::new((handler, state));
    Arc::new(move |call| {
        let shared = shared.clone();
        Box::pin(async move {
            let (handler, state) = &*shared;
            let args = A::from_call(&call, state).await?;
            let output = handler.run(args).await;
            finish(output)
        })
    })
}

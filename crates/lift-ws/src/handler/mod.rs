//! Handlers: async functions whose arguments are extracted from the call, and what they return.
//!
//! ```text
//! async fn -> Handler -> ErasedHandler: extract the arguments, run, convert the output
//! ```

mod accept;
mod reply;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{Call, Error, app::StateCell, extract::FromCall, kind::CallKind};

pub use accept::{Accept, IntoHandshake, Refuse};
pub use reply::IntoReply;

/// An async function of up to eight extractors.
///
/// Implemented for functions and closures. Each call runs a clone, so an `async move` closure may capture
/// values that are `Clone`, such as an `Arc`. The bounds on the arguments, the future and the output
/// are on the methods of [`App`](crate::App) that take a handler, so that the compiler's errors
/// point at the handler.
///
/// ```
/// use lift_ws::{App, ConnectionId, Text};
///
/// async fn echo(from: ConnectionId, Text(text): Text) -> String {
///     format!("{from} said {text}")
/// }
/// # let _ = App::new().default_route(echo);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not an async function of at most eight extractors",
    note = "is it async? more than eight arguments go into a tuple",
    note = "a handler looks like `async fn say(who: Connection, Json(msg): Json<Say>) -> Result<(), Error>`"
)]
pub trait Handler<A>: Send + Sync + 'static {
    /// The arguments, as a tuple.
    type Args;
    /// What the function returns.
    type Output;
    /// The future of the output.
    type Future: Future<Output = Self::Output>;

    /// Runs the function.
    fn run(&self, args: A) -> Self::Future;
}

macro_rules! handlers {
    ($($name:ident),*) => {
        #[allow(non_snake_case)]
        impl<Fun, Fut, $($name),*> Handler<($($name,)*)> for Fun
        where
            Fun: FnOnce($($name),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future,
        {
            type Args = ($($name,)*);
            type Output = Fut::Output;
            type Future = Fut;

            fn run(&self, ($($name,)*): ($($name,)*)) -> Fut {
                self.clone()($($name),*)
            }
        }
    };
}

crate::extract::for_each_tuple!(handlers);

/// A handler without its types: a function from a call to the handler's output. Costs one box for
/// each call.
pub(crate) type ErasedHandler<T> =
    Arc<dyn Fn(Call) -> BoxFuture<'static, Result<T, Error>> + Send + Sync>;

/// Makes a handler of calls of kind `K` erased: it extracts the arguments, runs the function and
/// converts its output with `finish`.
pub(crate) fn erase<K, S, H, A, T>(
    handler: H,
    state: StateCell<S>,
    finish: fn(H::Output) -> Result<T, Error>,
) -> ErasedHandler<T>
where
    K: CallKind,
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
            let args = A::from_call(&call, state.get()?).await?;
            let output = handler.run(args).await;
            finish(output)
        })
    })
}

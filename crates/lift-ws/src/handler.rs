//! Plain async functions as handlers: extract the arguments, run.

/// An async function of up to eight extractors.
///
/// Implemented for functions and closures; what the arguments, the future and the output must be
/// is asked where the handler is given to the [`App`](crate::App), so that the compiler points
/// at the handler.
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
    /// What the function awaits.
    type Future: Future<Output = Self::Output>;

    /// Runs the function.
    fn run(&self, args: A) -> Self::Future;
}

macro_rules! handlers {
    ($($name:ident),*) => {
        #[allow(non_snake_case)]
        impl<Fun, Fut, $($name),*> Handler<($($name,)*)> for Fun
        where
            Fun: Fn($($name),*) -> Fut + Send + Sync + 'static,
            Fut: Future,
        {
            type Args = ($($name,)*);
            type Output = Fut::Output;
            type Future = Fut;

            fn run(&self, ($($name,)*): ($($name,)*)) -> Fut {
                self($($name),*)
            }
        }
    };
}

crate::extract::for_each_tuple!(handlers);

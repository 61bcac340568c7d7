//! The constructors of an app with a state: a value, or one that is made late.

use super::{App, state::StateSource};
use crate::Error;

impl<S: Send + Sync + 'static> App<S> {
    /// An app whose handlers can extract [`State<S>`](crate::State). `S` must be `Clone` for that.
    pub fn with_state(state: S) -> Self {
        Self::with_source(StateSource::Value(state))
    }

    /// An app whose state is made late: `make` runs once, before the first event. It does not run for the
    /// app's description, so it may read variables and secrets and use the network. The variables of
    /// [`require_env`](Self::require_env) are checked before. If it fails, the function does not start, and
    /// Lambda gets the error as the function's init error.
    ///
    /// `make` is an async function or closure, and its error can be of any kind that `?` into [`Error`](crate::Error)
    /// takes.
    ///
    /// ```
    /// use lift_ws::{App, Error, State};
    ///
    /// #[derive(Clone)]
    /// struct Prices { table: String }
    ///
    /// impl Prices {
    ///     async fn new() -> Result<Self, Error> {
    ///         Ok(Self { table: std::env::var("PRICES_TABLE")? })
    ///     }
    /// }
    ///
    /// let app = App::with_state_from(Prices::new)
    ///     .require_env("PRICES_TABLE")
    ///     .route("table", async |State(prices): State<Prices>| prices.table);
    /// assert_eq!(app.describe().routes[2].key, "table");
    /// ```
    ///
    /// The [test kit](crate::test::Kit) runs `make` before its first call, and panics with its error. For a test
    /// with another state see [`replace_state`](Self::replace_state).
    pub fn with_state_from<F, Fut, E>(make: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
        E: Into<Error>,
    {
        let make = || async { make().await.map_err(Into::into) };
        Self::with_source(StateSource::Late(Box::new(|| Box::pin(make()))))
    }

    /// Gives the app another state, for tests. The function of [`with_state_from`](Self::with_state_from) does
    /// not run then. The states of merged apps stay: replace them before the merge.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Error, State, test::Kit};
    ///
    /// async fn load() -> Result<String, Error> {
    ///     Ok(std::env::var("GREETING_OF_THE_SHOP")?)
    /// }
    ///
    /// fn app() -> App<String> {
    ///     App::with_state_from(load).default_route(async |State(greeting): State<String>| greeting)
    /// }
    ///
    /// let ana = Kit::new(app().replace_state("Hi!".to_owned())).connect("").await.unwrap();
    /// ana.send("hello").await;
    /// assert_eq!(ana.received(), ["Hi!"]);
    /// # }
    /// ```
    pub fn replace_state(mut self, state: S) -> Self {
        self.source = StateSource::Value(state);
        self
    }
}

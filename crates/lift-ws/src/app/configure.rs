//! The methods of [`App`] that change its settings.

use std::{error::Error as StdError, sync::Arc};

use lift_event::{ScheduleExpression, Selection};
use serde::{Serialize, de::DeserializeOwned};

use super::App;
use crate::{
    Accept, Error, correlate::Correlation, extract::authorizer::context, table::TableSpec,
};

impl<S: Send + Sync + 'static> App<S> {
    /// Makes all routes two-way that do not say otherwise: replies and error frames are sent as the
    /// route response, instead of a post to the sender. The routes must be deployed with a route
    /// response.
    pub fn two_way(mut self) -> Self {
        self.settings.two_way = true;
        self
    }

    /// Replaces the shape of error frames, which is [`ErrorFrame`](crate::error::ErrorFrame) by default.
    /// The returned value is written as JSON.
    ///
    /// ```
    /// use lift_ws::{App, Error};
    ///
    /// let app = App::new().error_frame(|error: &Error| {
    ///     serde_json::json!({"ok": false, "why": error.code()})
    /// });
    /// # let _ = app;
    /// ```
    pub fn error_frame<F, T>(mut self, frame: F) -> Self
    where
        F: Fn(&Error) -> T + Send + Sync + 'static,
        T: Serialize,
    {
        self.settings.errors.set_frame(move |error| match serde_json::to_vec(&frame(error)) {
            Ok(frame) => frame,
            Err(fault) => {
                tracing::error!(
                    fault = fault.to_string(),
                    "the error frame cannot be written as JSON"
                );
                serde_json::to_vec(&error.frame()).unwrap_or_default()
            }
        });
        self
    }

    /// Translates an error type of your own into what clients get, wherever a handler returns it by
    /// `?`. Without a mapping clients get `internal_error`. For `None` the next mapping is tried.
    ///
    /// ```
    /// use lift_ws::{App, Error};
    ///
    /// #[derive(Debug)]
    /// enum ShopError { SoldOut, Till(std::io::Error) }
    /// # impl std::fmt::Display for ShopError {
    /// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
    /// # }
    /// # impl std::error::Error for ShopError {}
    ///
    /// let app = App::new()
    ///     .route("buy", async || -> Result<(), Error> { Err(ShopError::SoldOut)? })
    ///     .map_error(|error: &ShopError| match error {
    ///         ShopError::SoldOut => Some(Error::new("sold_out", "Nothing is left")),
    ///         ShopError::Till(_) => None,
    ///     });
    /// # let _ = app;
    /// ```
    pub fn map_error<E, F>(mut self, mapping: F) -> Self
    where
        E: StdError + 'static,
        F: Fn(&E) -> Option<Error> + Send + Sync + 'static,
    {
        self.settings.errors.add_mapping(move |cause| mapping(cause.downcast_ref::<E>()?));
        self
    }

    /// Adds a route that replies `{"type":"pong"}`. API Gateway closes a connection without messages
    /// after 10 minutes; a client that sends this route's key more often stays connected.
    ///
    /// # Panics
    /// When the key is empty, starts with `$`, or has a handler already.
    #[track_caller]
    pub fn keepalive(mut self, key: &str) -> Self {
        self.settings.keepalive.get_or_insert_with(|| key.to_owned());
        self.route(key, async || r#"{"type":"pong"}"#)
    }

    /// Copies a field of a message into its reply or error frame, so that a client can match it to its
    /// request. Message and reply must be JSON objects. A message without the field changes nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, Json, test::Kit};
    ///
    /// let app = App::new().correlate("id").route("add", async || Json(serde_json::json!({"sum": 3})));
    /// let ana = Kit::new(app).connect("").await.unwrap();
    /// ana.send(r#"{"action":"add","id":7}"#).await;
    /// assert_eq!(ana.received(), [r#"{"id":7,"sum":3}"#]);
    /// # }
    /// ```
    pub fn correlate(mut self, field: &str) -> Self {
        self.settings.correlation = Some(Correlation::new(field));
        self
    }

    /// Takes the identity of a connection from the context of its Lambda authorizer, which API Gateway
    /// sends with every event. `Connection`, `UserId` and `Publisher` then need no read. Without a
    /// `$connect` handler, every client that the authorizer allows is accepted with this identity.
    ///
    /// Return the same user and tenant for all events of a connection. A `$connect` handler that
    /// accepts another user or tenant refuses the handshake. Messages do not check whether the
    /// connection has ended, and [`StoredConnection::sign_in`](crate::extract::StoredConnection::sign_in)
    /// has no effect on them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{Accept, App, UserId, test::Kit};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Claims { sub: String, shop: String }
    ///
    /// let app = App::new()
    ///     .identity_from_authorizer(|claims: Claims| Accept::user(claims.sub).tenant(claims.shop))
    ///     .route("me", async |user: UserId| user.to_string());
    /// let kit = Kit::new(app);
    /// let ana = kit.client("ana").authorizer(serde_json::json!({"sub": "ana", "shop": "lotus"}));
    /// let ana = ana.connect().await.unwrap();
    /// ana.send(r#"{"action":"me"}"#).await;
    /// assert_eq!(ana.received(), ["ana"]);
    /// assert!(kit.client("eve").connect().await.is_err(), "the authorizer sent no context");
    /// # }
    /// ```
    pub fn identity_from_authorizer<T, F>(mut self, identity: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(T) -> Accept + Send + Sync + 'static,
    {
        self.settings.authorizer_identity =
            Some(Arc::new(move |event| context(event).map(&identity)));
        self
    }

    /// Turns off the store: no connection is stored, and handlers cannot extract a connection or a
    /// publisher.
    pub fn unmanaged(mut self) -> Self {
        self.settings.managed = false;
        self
    }

    /// Supports these subprotocols, the preferred one first. An accepted client gets the first of them
    /// that it offered, unless the `$connect` handler chose one. A client that offered none of them is
    /// accepted without a subprotocol; a browser that offered others then closes the connection.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, test::Kit};
    ///
    /// let kit = Kit::new(App::new().subprotocols(&["chat.v2", "chat.v1"]));
    /// let client = kit.client("ana").subprotocols(&["chat.v1", "chat.v2"]);
    /// assert_eq!(client.connect().await.unwrap().subprotocol(), Some("chat.v2"));
    /// # }
    /// ```
    pub fn subprotocols(mut self, names: &[&str]) -> Self {
        self.settings.subprotocols = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Sets the API's route selection expression, `$request.body.action` by default: which part of a
    /// message selects its route. The test kit and `lift dev` use it, and the API must be deployed
    /// with the same expression. The expression of a merged app has no effect.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use lift_ws::{App, test::Kit};
    ///
    /// let app = App::new().route_selection("$request.body.type").route("hello", async || "hi");
    /// let ana = Kit::new(app).connect("").await.unwrap();
    /// ana.send(r#"{"type":"hello"}"#).await;
    /// assert_eq!(ana.received(), ["hi"]);
    /// # }
    /// ```
    ///
    /// # Panics
    /// When it is not a route selection expression.
    #[track_caller]
    pub fn route_selection(mut self, expression: &str) -> Self {
        if let Err(fault) = expression.parse::<Selection>() {
            panic!("{fault}");
        }
        self.settings.route_selection = expression.to_owned();
        self
    }

    /// Requires an environment variable: the app's description names it, and `lift_aws::run` does not
    /// start without it.
    ///
    /// ```
    /// use lift_ws::App;
    ///
    /// let app = App::new().require_env("SHOP_URL");
    /// let variables = app.describe().variables;
    /// assert!(variables.iter().any(|variable| variable.name == "SHOP_URL" && variable.required));
    /// ```
    pub fn require_env(mut self, name: &str) -> Self {
        self.settings.required_variables.insert(name.to_owned());
        self
    }

    /// Declares a table of the app's own. The app's description then has it, so that `lift dev` and
    /// `lift table create --all` create it, and its variable is required. An app that is merged can
    /// declare the same table once more.
    ///
    /// ```
    /// use lift_ws::{App, table::{Key, TableSpec}};
    ///
    /// let prices = TableSpec::new("PRICES_TABLE", Key::string("item")).time_to_live("expires");
    /// let app = App::new().table(prices);
    /// assert_eq!(app.describe().tables[1].env, "PRICES_TABLE");
    /// ```
    ///
    /// # Panics
    /// When the app has the table already, with another layout; the message names both lines of code.
    pub fn table(mut self, table: TableSpec) -> Self {
        table.add_to(&mut self.settings.tables);
        self
    }

    /// Declares a schedule: the app's description names it, and `lift dev` fires it by its expression, which is
    /// EventBridge's: `rate(1 minute)`, or `cron(0 10 * * ? *)` in UTC. Its event goes to the handler of
    /// [`other_events`](Self::other_events), or of `lift_aws::run_beside`. The event's `resources` has an ARN that ends with the name.
    ///
    /// ```
    /// use lift_ws::App;
    ///
    /// let app = App::new().schedule("close-auctions", "rate(1 minute)");
    /// assert_eq!(app.describe().schedules[0].name, "close-auctions");
    /// ```
    ///
    /// # Panics
    /// When the expression is not one of EventBridge, the name is not one of a rule (1 to 64 letters, digits, `.`,
    /// `-` and `_`), or the app has a schedule of this name.
    #[track_caller]
    pub fn schedule(mut self, name: &str, expression: &str) -> Self {
        match expression.parse::<ScheduleExpression>() {
            Ok(parsed) if !parsed.is_once() => {}
            Ok(_) => panic!("the schedule {name:?}: a rule of EventBridge has no `at(...)`"),
            Err(error) => panic!("the schedule {name:?}: {error}"),
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        assert!(
            (1..=64).contains(&name.len()) && name.chars().all(is_allowed),
            "{name:?} is not the name of a schedule: it has 1 to 64 letters, digits, `.`, `-` and `_`"
        );
        self.settings.add_schedule(name, expression.to_owned());
        self
    }
}

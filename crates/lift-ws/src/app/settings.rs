//! What an app says of all its routes, and of what it needs from its surroundings.

use std::{error::Error as StdError, sync::Arc};

use lift_event::Selection;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Accept, App, Error, correlate::Correlation, extract::authorizer::context};

impl<S: Send + Sync + 'static> App<S> {
    /// Makes every route two-way that does not say otherwise: replies and error frames are the
    /// route response instead of a post to the sender.
    pub fn two_way(mut self) -> Self {
        self.settings.two_way = true;
        self
    }

    /// Sends error frames of another shape than [`ErrorFrame`](crate::ErrorFrame), written as JSON.
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
        self.settings.frame = Arc::new(move |error| match serde_json::to_vec(&frame(error)) {
            Ok(frame) => frame,
            Err(fault) => {
                tracing::error!(%fault, "the error frame cannot be written as JSON");
                serde_json::to_vec(&error.frame()).unwrap_or_default()
            }
        });
        self
    }

    /// Says what clients are told of an error type of one's own, wherever a handler met it by `?`.
    /// Without this they are told `internal_error`.
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
        self.settings.mappings.push(Arc::new(move |cause| mapping(cause.downcast_ref::<E>()?)));
        self
    }

    /// Answers the messages of a route key with `{"type":"pong"}`: clients send one before API
    /// Gateway cuts their idle connection, which it does after 10 minutes.
    ///
    /// # Panics
    /// When the key is empty, starts with `$`, or has a handler already.
    #[track_caller]
    pub fn keepalive(mut self, key: &str) -> Self {
        self.said.keepalive.get_or_insert_with(|| key.to_owned());
        self.route(key, async || r#"{"type":"pong"}"#)
    }

    /// Copies a field of a message into its reply and its error frame, so that a client can match
    /// them to what it asked. Both must be JSON objects; a message without the field has none.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use lift_ws::{App, Json, test::Kit};
    ///
    /// let app = App::new().correlate("id").route("add", async || Json(serde_json::json!({"sum": 3})));
    /// let ana = Kit::new(app).connect("").await.unwrap();
    /// ana.send(r#"{"action":"add","id":7}"#).await;
    /// assert_eq!(ana.received(), [r#"{"id":7,"sum":3}"#]);
    /// # });
    /// ```
    pub fn correlate(mut self, field: &str) -> Self {
        self.correlation = Some(Correlation::new(field));
        self
    }

    /// Takes who a connection is from the context of its Lambda authorizer, which API Gateway sends with
    /// every event: `Connection`, `UserId` and `Publisher` then cost no read in any process. Without a
    /// `$connect` handler, whom the authorizer lets through is accepted as this names it.
    ///
    /// Name the same user and tenant for all events of a connection: a `$connect` handler that accepts
    /// another refuses the handshake. Whether a connection has ended is not looked up for its messages,
    /// and [`StoredConnection::sign_in`](crate::StoredConnection::sign_in) has no effect on them.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use lift_ws::{Accept, App, UserId, test::Kit};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Claims { sub: String, shop: String }
    ///
    /// let app = App::new()
    ///     .identify(|claims: Claims| Accept::user(claims.sub).tenant(claims.shop))
    ///     .route("me", async |user: UserId| user.to_string());
    /// let kit = Kit::new(app);
    /// let ana = kit.client("ana").authorizer(serde_json::json!({"sub": "ana", "shop": "lotus"}));
    /// let ana = ana.connect().await.unwrap();
    /// ana.send(r#"{"action":"me"}"#).await;
    /// assert_eq!(ana.received(), ["ana"]);
    /// assert!(kit.client("eve").connect().await.is_err(), "no authorizer has let her through");
    /// # });
    /// ```
    pub fn identify<T, F>(mut self, identity: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(T) -> Accept + Send + Sync + 'static,
    {
        self.settings.identify = Some(Arc::new(move |event| context(event).map(&identity)));
        self
    }

    /// Stores no connections. Handlers then cannot extract a connection or a publisher.
    pub fn unmanaged(mut self) -> Self {
        self.settings.unmanaged = true;
        self
    }

    /// Speaks these subprotocols, the preferred one first: a client that is let in gets the first of
    /// them that it offered, unless the `$connect` handler chose one. A client that offered none of
    /// them is let in without; browsers that offered others then give up.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use lift_ws::{App, test::Kit};
    ///
    /// let kit = Kit::new(App::new().subprotocols(&["chat.v2", "chat.v1"]));
    /// let client = kit.client("ana").subprotocols(&["chat.v1", "chat.v2"]);
    /// assert_eq!(client.connect().await.unwrap().subprotocol(), Some("chat.v2"));
    /// # });
    /// ```
    pub fn subprotocols(mut self, names: &[&str]) -> Self {
        self.settings.subprotocols = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Says by which part of a message its route is selected: the API's route selection expression,
    /// `$request.body.action` unless said. The test kit and `lift dev` select by it, and the API
    /// must be deployed with it. That of a merged app has no effect.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use lift_ws::{App, test::Kit};
    ///
    /// let app = App::new().selection("$request.body.type").route("hello", async || "hi");
    /// let ana = Kit::new(app).connect("").await.unwrap();
    /// ana.send(r#"{"type":"hello"}"#).await;
    /// assert_eq!(ana.received(), ["hi"]);
    /// # });
    /// ```
    ///
    /// # Panics
    /// When it is not a route selection expression.
    #[track_caller]
    pub fn selection(mut self, expression: &str) -> Self {
        if let Err(fault) = expression.parse::<Selection>() {
            panic!("{fault}");
        }
        self.said.selection = expression.to_owned();
        self
    }

    /// Says that the app reads an environment variable, which has to be set: the description names
    /// it, and `lift_aws::run` does not start without it.
    ///
    /// ```
    /// use lift_ws::App;
    ///
    /// let app = App::new().variable("SHOP_URL");
    /// let variables = app.describe().variables;
    /// assert!(variables.iter().any(|variable| variable.name == "SHOP_URL" && variable.required));
    /// ```
    pub fn variable(mut self, name: &str) -> Self {
        self.variables.insert(name.to_owned());
        self
    }
}

//! Handlers in HTTP style: a method and a path, a request in, a response out. Needs the feature
//! `http-style`.
//!
//! For code that comes from Lift's version in Go and is rewritten step by step. It uses the same pipeline
//! as typed handlers: a response that is not 2xx refuses a `$connect`.
//!
//! | method | path | route key |
//! |---|---|---|
//! | `CONNECT` | `/connect` | `$connect` |
//! | `DISCONNECT` | `/disconnect` | `$disconnect` |
//! | `MESSAGE` | `/message` | `$default` |
//! | `MESSAGE` | `/say` | `say` |
//!
//! ```
//! use lift_ws::{App, Error, http::{Request, Response}};
//!
//! async fn connect(request: Request) -> Result<Response, Error> {
//!     match request.query("name")? {
//!         Some(name) => Ok(Response::ok().user(name).tenant("general")),
//!         None => Ok(Response::new(401)),
//!     }
//! }
//!
//! let app = App::new().handle("CONNECT", "/connect", connect);
//! # let _ = app;
//! ```

use lift_event::{Event, EventKind, Reply};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Accept, App, Call, Connection, Error, IntoError, IntoReply, Json, Publisher, Refuse, TenantId,
    UserId, extract::FromCall, handler::IntoHandshake,
};

/// One event as a request.
///
/// ```
/// use lift_ws::{Error, http::{Request, Response}};
///
/// async fn say(request: Request) -> Result<Response, Error> {
///     let said: serde_json::Value = request.json().await?;
///     let _ = request.publisher().await?.own_tenant().json(&said).await?;
///     Ok(Response::ok())
/// }
/// # let _ = lift_ws::App::new().handle("MESSAGE", "/say", say);
/// ```
#[derive(Clone, Debug)]
pub struct Request(Call);

impl Request {
    /// `CONNECT`, `MESSAGE` or `DISCONNECT`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self.event().kind() {
            EventKind::Connect => "CONNECT",
            EventKind::Message => "MESSAGE",
            EventKind::Disconnect => "DISCONNECT",
        }
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        self.0.event()
    }

    /// The last value of a header. Names match in any case. Only `CONNECT` has headers.
    ///
    /// # Errors
    /// When the event's headers are malformed.
    pub fn header(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.event().headers()?.get(name).map(str::to_owned))
    }

    /// The last value of a query parameter. Only `CONNECT` has query parameters.
    ///
    /// # Errors
    /// When the event's query is malformed.
    pub fn query(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.event().query()?.get(name).map(str::to_owned))
    }

    /// A message's body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.event().body()
    }

    /// A message's body, parsed.
    ///
    /// # Errors
    /// `invalid_payload`, which names the field.
    pub async fn json<T: DeserializeOwned + Send>(&self) -> Result<T, Error> {
        self.0.extract().await.map(|Json(body)| body)
    }

    /// The stored connection. `CONNECT` has none.
    ///
    /// # Errors
    /// `not_connected`, or the store's error.
    pub async fn connection(&self) -> Result<Connection, Error> {
        self.0.connection().await
    }

    /// The publisher of this connection. `CONNECT` has none.
    ///
    /// # Errors
    /// `not_connected`, or the store's error.
    pub async fn publisher(&self) -> Result<Publisher, Error> {
        Ok(Publisher::of_call(&self.0, self.connection().await?))
    }
}

/// The response to a request.
///
/// ```
/// use lift_ws::{Error, http::{Request, Response}};
///
/// async fn time(_: Request) -> Result<Response, Error> {
///     Response::ok().json(&serde_json::json!({"at": 1_795_252_524}))
/// }
/// # let _ = lift_ws::App::new().handle("MESSAGE", "/time", time);
/// ```
#[must_use = "a handler has to return its response"]
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    body: Option<Vec<u8>>,
    accept: Accept,
}

impl Response {
    /// A response with an HTTP status. On `CONNECT`, 2xx accepts the client and any other status
    /// refuses it. Otherwise the client does not see the status.
    pub fn new(status: u16) -> Self {
        Self { status, body: None, accept: Accept::anonymous() }
    }

    /// 200.
    pub fn ok() -> Self {
        Self::new(200)
    }

    /// Sends the client a text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into().into_bytes());
        self
    }

    /// Sends the client a value as JSON.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        self.body = Some(serde_json::to_vec(value)?);
        Ok(self)
    }

    /// On `CONNECT`: the user of the connection.
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.accept.user = Some(user.into());
        self
    }

    /// On `CONNECT`: the tenant of the connection.
    pub fn tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.accept.tenant = Some(tenant.into());
        self
    }

    /// On `CONNECT`: the chosen subprotocol, one that the client offered.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.accept.subprotocol = Some(subprotocol.into());
        self
    }
}

impl IntoReply for Response {
    fn into_reply(self) -> Result<Reply, Error> {
        let reply = Reply::new(self.status);
        Ok(match self.body {
            Some(body) => reply.with_body(body),
            None => reply,
        })
    }
}

impl IntoHandshake for Response {
    fn into_handshake(self) -> Result<Accept, Error> {
        match self.status {
            200..300 => Ok(self.accept),
            status => Err(Refuse::new(status, "refused by the handler").into()),
        }
    }
}

impl<E: IntoError> IntoHandshake for Result<Response, E> {
    fn into_handshake(self) -> Result<Accept, Error> {
        self.map_err(IntoError::into_error)?.into_handshake()
    }
}

impl<K: crate::kind::CallKind, S: Sync> FromCall<K, S> for Request {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self(call.clone()))
    }
}

impl<S: Send + Sync + 'static> App<S> {
    /// Sets the handler of a method and a path; see [`http`](crate::http).
    ///
    /// # Panics
    /// When the method and the path are not in the table of [`http`](crate::http), or have a handler
    /// already.
    #[track_caller]
    pub fn handle<H, Fut>(self, method: &str, path: &str, handler: H) -> Self
    where
        H: FnOnce(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        match (method, path) {
            ("CONNECT", "/connect") => self.connect(handler),
            ("DISCONNECT", "/disconnect") => self.disconnect(handler),
            ("MESSAGE", "/message") => self.default_route(handler),
            ("MESSAGE", key) if key.len() > 1 && key.starts_with('/') => {
                self.route(&key[1..], handler)
            }
            _ => panic!(
                "{method} {path} is not a route: use CONNECT /connect, DISCONNECT /disconnect, \
                 MESSAGE /message for the default route, or MESSAGE /key"
            ),
        }
    }
}

//! The result of a `$connect` handler: [`Accept`] or [`Refuse`].

use std::{borrow::Cow, error};

use serde::Serialize;
use serde_json::Value;

use crate::{Error, IntoError, TenantId, UserId};

/// Accepts a client, with the identity of its connection.
///
/// User and tenant have 1 to 256 bytes each, and no control, bidirectional or invisible characters (see
/// [`check_identity`](crate::store::check_identity)). If the connection cannot be stored, the client is refused
/// with 500.
///
/// ```
/// use lift_ws::{Accept, App};
///
/// async fn connect() -> Accept {
///     Accept::user("ana").tenant("game-7").attributes(["may watch", "may play"])
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[must_use = "return this from the `$connect` handler to accept the client"]
#[derive(Clone, Debug, Default)]
pub struct Accept {
    pub(crate) user: Option<UserId>,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) attributes: Option<Result<Value, String>>,
    pub(crate) subprotocol: Option<String>,
}

impl Accept {
    /// Accepts the client as a user.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self { user: Some(user.into()), ..Self::default() }
    }

    /// Accepts the client without a user. It can get one later by
    /// [`sign_in`](crate::extract::StoredConnection::sign_in).
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Puts the connection into a tenant. Handlers of the connection send within this tenant.
    pub fn tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Stores attributes with the connection, as JSON of at most 4 KB. Larger attributes, or a value
    /// that cannot be written as JSON, refuse the client with 500.
    pub fn attributes(mut self, attributes: impl Serialize) -> Self {
        let attributes = serde_json::to_value(attributes);
        self.attributes = Some(attributes.map_err(|fault| fault.to_string()));
        self
    }

    /// Chooses one of the subprotocols that the client offered in `Sec-WebSocket-Protocol`. A
    /// subprotocol that the client did not offer refuses the handshake with 500, because browsers
    /// would close the connection.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.subprotocol = Some(subprotocol.into());
        self
    }
}

/// Refuses a client. Scripts in browsers cannot see the status, other clients can.
///
/// `?` on an [`Error`] refuses with its status, and on any other error with 500.
///
/// ```
/// use lift_ws::{Accept, App, Headers, Refuse};
///
/// async fn connect(headers: Headers) -> Result<Accept, Refuse> {
///     let token = headers.get("authorization").ok_or_else(|| Refuse::unauthorized("no token"))?;
///     let user: u64 = token.parse()?; // verify it first!
///     Ok(Accept::user(user.to_string()))
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Debug)]
pub struct Refuse(pub(crate) Error);

impl Refuse {
    /// Refuses with an HTTP status and a message for the log.
    ///
    /// API Gateway sends the status to the client and drops the message. A status that is not 4xx
    /// or 5xx refuses with 500.
    #[must_use]
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Error::new("refused", message).with_status(status))
    }

    /// 400: something in the handshake is missing or wrong.
    #[must_use]
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, message)
    }

    /// 401: the client is not authenticated.
    #[must_use]
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(401, message)
    }

    /// 403: the client is not allowed to connect.
    #[must_use]
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, message)
    }

    /// 429: too many handshakes.
    #[must_use]
    pub fn too_many_requests(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(429, message)
    }
}

impl From<Error> for Refuse {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl<E: error::Error + Send + Sync + 'static> From<E> for Refuse {
    fn from(cause: E) -> Self {
        Self(Error::internal(cause))
    }
}

impl IntoError for Refuse {
    fn into_error(self) -> Error {
        self.0
    }
}

impl From<Refuse> for Error {
    fn from(refuse: Refuse) -> Self {
        refuse.0
    }
}

/// What a `$connect` handler may return: [`Accept`], or a `Result` of it with [`Refuse`], [`Error`] or
/// an error that implements [`IntoError`].
///
/// ```
/// use lift_ws::{Accept, App, Refuse};
///
/// async fn connect() -> Result<Accept, Refuse> {
///     match std::env::var("CLOSED") {
///         Ok(_) => Err(Refuse::forbidden("closed")),
///         Err(_) => Ok(Accept::anonymous()),
///     }
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[diagnostic::on_unimplemented(
    message = "a `$connect` handler cannot return `{Self}`",
    label = "does not say whether the client is accepted",
    note = "return `Accept` or `Result<Accept, Refuse>`"
)]
pub trait IntoHandshake {
    /// Converts the output.
    ///
    /// # Errors
    /// When the client is refused.
    fn into_handshake(self) -> Result<Accept, Error>;
}

impl IntoHandshake for Accept {
    fn into_handshake(self) -> Result<Accept, Error> {
        Ok(self)
    }
}

impl<E: IntoError> IntoHandshake for Result<Accept, E> {
    fn into_handshake(self) -> Result<Accept, Error> {
        self.map_err(IntoError::into_error)
    }
}

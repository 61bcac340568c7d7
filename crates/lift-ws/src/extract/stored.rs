//! The stored connection as something to change: its attributes, and its user if it had none.

use serde::Serialize;

use crate::{Call, ConnectionId, Error, FromCall, TenantId, UserId, kind::Stored, store::SignedIn};

/// The row of the connection that a handler serves, to be changed. Extracting it reads nothing.
///
/// ```
/// use lift_ws::{App, Error, StoredConnection, Text};
///
/// async fn sign_in(connection: StoredConnection, Text(token): Text) -> Result<&'static str, Error> {
///     let user = token; // verify it first!
///     connection.sign_in(user, Some("general".into())).await?;
///     Ok("welcome")
/// }
///
/// let app = App::new().route("sign_in", sign_in);
/// # let _ = app;
/// ```
#[derive(Clone, Debug)]
pub struct StoredConnection {
    call: Call,
    id: ConnectionId,
}

impl StoredConnection {
    /// Replaces the attributes that [`Accept::attributes`](crate::Accept::attributes) stored; at
    /// most 4 KB as JSON.
    ///
    /// # Errors
    /// `not_connected` when the connection has ended, which this does not undo; `internal_error`
    /// when the attributes are too large or the store fails.
    pub async fn set_attributes(&self, attributes: impl Serialize) -> Result<(), Error> {
        let attributes = serde_json::to_value(attributes)?;
        match self.call.services().store.set_attributes(&self.id, attributes).await? {
            true => Ok(()),
            false => Err(Error::not_connected()),
        }
    }

    /// Says who an anonymous connection is, after the fact: a first message with a token, for
    /// clients that cannot send one in the handshake. From the next call on, the connection has
    /// this user and this tenant, for good; a tenant that it has already stays.
    ///
    /// # Errors
    /// `already_signed_in` when it is another's; `not_connected` when it has ended;
    /// `internal_error` when an id is empty or over 256 bytes, or the store fails.
    pub async fn sign_in(
        &self,
        user: impl Into<UserId>,
        tenant: Option<TenantId>,
    ) -> Result<(), Error> {
        let user = user.into();
        let tenant = match tenant {
            Some(tenant) => Some(tenant),
            None => self.call.connection().await?.tenant().cloned(),
        };
        let store = &self.call.services().store;
        match store.sign_in(&self.id, &user, tenant.as_ref()).await? {
            SignedIn::Bound => Ok(()),
            SignedIn::Ended => Err(Error::not_connected()),
            SignedIn::Taken => {
                let message = "This connection belongs to somebody already";
                Err(Error::new("already_signed_in", message).with_status(409))
            }
        }
    }
}

impl<K: Stored, S: Sync> FromCall<K, S> for StoredConnection {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self { id: call.connection_id(), call: call.clone() })
    }
}

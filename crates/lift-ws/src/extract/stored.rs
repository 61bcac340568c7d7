//! Changes of the stored connection: its attributes, its items, and the user of an anonymous one.

use serde::Serialize;

use crate::{
    Call, ConnectionId, Error, TenantId, UserId,
    extract::FromCall,
    kind::HasConnection,
    store::{Item, Saved, SignedIn},
};

/// The stored row of the connection that a handler serves, for changes. Extracting it costs no read.
///
/// ```
/// use lift_ws::{App, Error, Text, extract::StoredConnection};
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
    /// `not_connected` when the connection has ended; `internal_error` when the attributes are too
    /// large or the store fails.
    pub async fn set_attributes(&self, attributes: impl Serialize) -> Result<(), Error> {
        let attributes = serde_json::to_value(attributes)?;
        match self.call.services().store.set_attributes(&self.id, attributes).await? {
            true => Ok(()),
            false => Err(Error::not_connected()),
        }
    }

    /// Gives an anonymous connection its user and tenant: for clients that cannot send a token in the
    /// handshake and send it in a message. They take effect from the next message and cannot be changed.
    /// A tenant that the connection has already is kept.
    ///
    /// # Errors
    /// `already_signed_in` (409) when the connection has another user; `not_connected` when it has
    /// ended; `internal_error` when an id is one that
    /// [`check_identity`](crate::store::check_identity) refuses, or the store fails.
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
            SignedIn::Done => Ok(()),
            SignedIn::Ended => Err(Error::not_connected()),
            SignedIn::OtherIdentity => {
                let message = "This connection is already signed in as another user";
                Err(Error::new("already_signed_in", message).with_status(409))
            }
        }
    }
}

impl StoredConnection {
    /// Stores an item beside the connection, or replaces the item with the same key. An item with a
    /// group makes the connection a member: [`Publisher::group`](crate::Publisher::group) reaches it.
    /// Items are removed with their connection.
    ///
    /// ```
    /// use lift_ws::{Error, Text, extract::StoredConnection, store::Item};
    ///
    /// async fn join(connection: StoredConnection, Text(room): Text) -> Result<(), Error> {
    ///     connection.put_item(&Item::in_group(room)).await
    /// }
    /// # let _ = lift_ws::App::new().route("join", join);
    /// ```
    ///
    /// # Errors
    /// `not_connected` when the connection has ended; `internal_error` when the item breaks a limit
    /// of [`Item`], or the store fails.
    pub async fn put_item(&self, item: &Item) -> Result<(), Error> {
        let connection = self.call.connection().await?;
        match self.call.services().store.put_item(&connection.0, item).await? {
            Saved::Stored => Ok(()),
            Saved::Ended => Err(Error::not_connected()),
        }
    }

    /// Removes an item, if it exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_item(&self, key: &str) -> Result<(), Error> {
        Ok(self.call.services().store.remove_item(&self.id, key).await?)
    }

    /// The connection's items, sorted by key. Each call reads all of them, so keep at most some
    /// hundred. On `$disconnect` it returns the removed items and costs no read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn items(&self) -> Result<Vec<Item>, Error> {
        if let Some(left) = self.call.items() {
            return Ok(left.clone());
        }
        let store = &self.call.services().store;
        let mut all: Vec<Item> = Vec::new();
        loop {
            let after = all.last().map(|item| item.key.clone());
            let (items, more) = store.items(&self.id, after.as_deref()).await?;
            // A page without items has no key to continue after.
            let more = more && !items.is_empty();
            all.extend(items);
            if !more {
                return Ok(all);
            }
        }
    }
}

impl<K: HasConnection, S: Sync> FromCall<K, S> for StoredConnection {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self { id: call.connection_id(), call: call.clone() })
    }
}

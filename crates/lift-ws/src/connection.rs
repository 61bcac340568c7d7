//! Who is connected: ids as types of their own, and the stored identity that handlers see.

use std::{borrow::Borrow, fmt, sync::Arc};

use lift_event::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Member, Row};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        /// Hashes and compares as its text does.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

ids! {
    /// A connection's id, given by API Gateway, such as `R1kmxc2VNjMCFIA=`.
    ConnectionId,
    /// A user's id; unique within a tenant. Never empty in a stored connection.
    UserId,
    /// A tenant's id. What a handler sends stays within its connection's tenant, unless it says
    /// otherwise. Never empty in a stored connection.
    TenantId,
    /// The id of a group of the app's own making, such as a room; unique within a tenant.
    GroupId,
    /// Where connections are posted to: the URL of an API's management endpoint with its stage.
    Endpoint,
}

/// The connection that a handler serves: what `$connect` accepted. It never changes, so it is
/// cached, and a message usually costs no read for it.
///
/// Extracting it from a message whose connection is not stored fails with `not_connected`. A handler
/// that only wants to know who it is takes [`UserId`] or [`TenantId`].
///
/// ```
/// use lift_ws::{App, Connection};
///
/// async fn me(who: Connection) -> String {
///     match who.user() {
///         Some(user) => format!("{user}, since {}", who.connected_at()),
///         None => "nobody".to_owned(),
///     }
/// }
/// # let _ = App::new().route("me", me);
/// ```
#[derive(Clone, Debug)]
pub struct Connection(pub(crate) Arc<Row>);

impl Connection {
    /// The connection's id.
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.0.id
    }

    /// The user that `$connect` accepted, if it named one.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.0.user.as_ref()
    }

    /// The tenant that `$connect` named, if it named one.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.0.tenant.as_ref()
    }

    /// Where this connection is posted to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// When the connection opened.
    #[must_use]
    pub fn connected_at(&self) -> Timestamp {
        Timestamp::from_millis(self.0.connected_at)
    }

    /// The connection as a list has it.
    pub(crate) fn member(&self) -> Member {
        Member {
            id: self.id().clone(),
            user: self.user().cloned(),
            endpoint: self.endpoint().clone(),
        }
    }
}

//! The ids of connections, users, tenants, groups and endpoints, each a type of its own, so that they cannot be
//! confused. Cloning one costs a reference count.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

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

//! The ids of connections, users, tenants, groups and endpoints. Each is a type, so that they cannot be
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

        /// Hashes and compares like its text.
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
    /// A tenant's id. A handler sends within its connection's tenant, unless it asks for another.
    /// Never empty in a stored connection.
    TenantId,
    /// The id of a group that the app makes, such as a room; unique within a tenant.
    GroupId,
    /// The URL of an API's `@connections` endpoint, with the stage.
    Endpoint,
}

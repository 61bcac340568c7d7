//! The configuration of an API: stage, routes, limits, access. It is given once to
//! [`serve`](crate::serve); [`ServerHandle::deploy`](crate::ServerHandle::deploy) replaces the routes
//! later.

mod access;
mod models;
mod routes;
mod tls;
mod undocumented;

use std::{collections::BTreeMap, path::PathBuf};

use crate::{Limits, LocalPages, Observer, Throttles};

pub use self::{
    access::{
        ApiKey, ApiKeySource, ApiKeys, Authorization, Authorizer, Caller, ConnectionsAccess,
        IdentitySource, IdentitySourceError, SignatureRejection, Signatures, SignedRequest,
    },
    models::Models,
    routes::Routes,
    tls::{Tls, TlsError},
    undocumented::{
        BadBodyFrame, BinaryMessages, BinaryPosts, ContextValues, NoQuery, ThrottledMessages,
        Undocumented,
    },
};

/// An API with one stage. Build it with `..Settings::default()`: later versions add fields.
///
/// ```
/// use lift_gateway::{Routes, Settings};
///
/// let settings = Settings {
///     stage: "prod".into(),
///     routes: Routes::default().with_route("$default", true),
///     stage_variables: [("table".to_owned(), "chat".to_owned())].into(),
///     ..Settings::default()
/// };
/// assert_eq!(settings.limits.frame_bytes, 32 * 1024);
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// The stage's name: the first segment of the URL, without slashes. By default `local`.
    pub stage: String,
    /// What events carry as `apiId`. By default `local`.
    pub api_id: String,
    /// The Region in the ARN that an authorizer is asked about. By default `us-east-1`.
    pub region: String,
    /// The account in that ARN, 12 digits. By default zeros.
    pub account: String,
    /// The stage's variables. Every event carries them. Without variables, events have no such key.
    pub stage_variables: BTreeMap<String, String>,
    /// The routes, each perhaps with its own function.
    pub routes: Routes,
    /// Who may connect. By default every client may.
    pub authorization: Authorization,
    /// The API keys. A client needs one of them to connect. By default it needs none.
    pub api_keys: Option<ApiKeys>,
    /// Who may call `@connections`. By default every caller may.
    pub connections: ConnectionsAccess,
    /// The limits of clients and functions.
    pub limits: Limits,
    /// The throttles. By default there are none; see [`Throttles::aws`] for AWS's.
    pub throttles: Throttles,
    /// Whether the messages of one connection wait for each other. By default they do not.
    pub order: MessageOrder,
    /// The behavior that AWS does not document.
    pub undocumented: Undocumented,
    /// An HTML file that is served at `/`. It is read for each request.
    pub index: Option<PathBuf>,
    /// Pages below `/_lift`. By default there are none.
    pub local_pages: Option<LocalPages>,
    /// The certificate for clients that begin with TLS. Without one, by default, only plain clients are served.
    pub tls: Option<Tls>,
    /// Receives the gateway's events. By default they are ignored.
    pub observer: Observer,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stage: "local".to_owned(),
            api_id: "local".to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            stage_variables: BTreeMap::new(),
            routes: Routes::default(),
            authorization: Authorization::None,
            api_keys: None,
            connections: ConnectionsAccess::default(),
            limits: Limits::default(),
            throttles: Throttles::default(),
            order: MessageOrder::Concurrent,
            undocumented: Undocumented::default(),
            index: None,
            local_pages: None,
            tls: None,
            observer: Observer::default(),
        }
    }
}

/// Whether the messages of one connection wait for each other.
///
/// AWS guarantees no order, and says that replies may come in another order than the messages
/// ([R-5.6.2]). With [`Serial`](Self::Serial) an app that relies on order by mistake
/// works here and not on AWS, so it is not the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageOrder {
    /// Each message goes to the function when it arrives.
    #[default]
    Concurrent,
    /// A message goes to the function when the client has the reply or the error frame of the message before
    /// it.
    Serial,
}

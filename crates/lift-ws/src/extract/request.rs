//! Facts about the event and the client, from API Gateway: ids, times, address.

use std::{fmt, net::IpAddr};

use lift_event::{Event, Timestamp};

use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The ids and times of the event. Extracting it costs a reference count.
///
/// ```
/// use lift_ws::{App, extract::RequestInfo};
///
/// async fn unknown(info: RequestInfo) -> String {
///     format!("no route for this, say {} to support", info.request_id())
/// }
/// # let _ = App::new().default_route(unknown);
/// ```
#[derive(Clone)]
pub struct RequestInfo(Event);

impl RequestInfo {
    /// The event's id, new for each event.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.0.request_id()
    }

    /// The message's id; `None` on `$connect` and `$disconnect`.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.0.message_id()
    }

    /// When the connection opened; the same for all its events.
    #[must_use]
    pub fn connected_at(&self) -> Timestamp {
        self.0.connected_at()
    }

    /// When the event happened.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.0.request_time_epoch()
    }

    /// The selected route: `$connect`, `$disconnect`, `$default` or a key of the app.
    #[must_use]
    pub fn route_key(&self) -> &str {
        self.0.route_key()
    }

    /// The stage's name.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.0.stage()
    }

    /// The API's id.
    #[must_use]
    pub fn api_id(&self) -> &str {
        self.0.api_id()
    }
}

impl fmt::Debug for RequestInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestInfo")
            .field("request_id", &self.request_id())
            .field("message_id", &self.message_id())
            .field("connected_at", &self.connected_at())
            .field("time", &self.time())
            .field("route_key", &self.route_key())
            .field("stage", &self.stage())
            .field("api_id", &self.api_id())
            .finish()
    }
}

/// The client's address and user agent, as API Gateway saw them. The user is [`UserId`](crate::UserId).
///
/// ```
/// use lift_ws::{Accept, App, Refuse, extract::ClientInfo};
///
/// async fn connect(client: ClientInfo) -> Result<Accept, Refuse> {
///     match client.source_ip {
///         Some(ip) if ip.is_ipv6() => Ok(Accept::anonymous()),
///         _ => Err(Refuse::forbidden("IPv6 only")),
///     }
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The address that connected to API Gateway: the client's, or a proxy's. `None` when the event
    /// has no valid address.
    pub source_ip: Option<IpAddr>,
    /// The client's `User-Agent` header.
    pub user_agent: Option<String>,
}

impl<K: CallKind, S: Sync> FromCall<K, S> for RequestInfo {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self(call.event().clone()))
    }
}

impl<K: CallKind, S: Sync> FromCall<K, S> for ClientInfo {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let event = call.event();
        let source_ip = event.source_ip().and_then(|ip| ip.parse().ok());
        Ok(Self { source_ip, user_agent: event.user_agent().map(str::to_owned) })
    }
}

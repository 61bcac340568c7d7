//! The publisher of a handler: it sends on behalf of the handler's connection, within its tenant.

use lift_event::EventKind;

use super::{
    Audience, GlobalPublisher, PublishError, Recipient, Source,
    global::UnreachableSender,
    target::{Target, TenantScope, Unreachable},
};
use crate::{
    Call, Connection, ConnectionId, UserId,
    push::ConnectionInfo,
    store::{GroupId, ListKey, Member},
};

/// Sends to connections on behalf of the connection that a handler serves (the sender), within the sender's
/// tenant. Cloning it is cheap.
///
/// ```
/// use lift_ws::{Error, Publisher, Text};
///
/// async fn say(publish: Publisher, Text(text): Text) -> Result<(), Error> {
///     let report = publish.own_tenant().text(text).await?;
///     let others = report.counts.sent - 1;
///     publish.sender().text(format!("sent to {others} others")).await?;
///     Ok(())
/// }
/// # let _ = lift_ws::App::new().route("say", say);
/// ```
#[derive(Clone, Debug)]
pub struct Publisher {
    global: GlobalPublisher,
    sender: Connection,
}

impl Publisher {
    pub(crate) fn of_call(call: &Call, sender: Connection) -> Self {
        // API Gateway posts only to a connection that is open.
        let unreachable = match call.event().kind() {
            EventKind::Message => None,
            EventKind::Connect => {
                Some(UnreachableSender { id: sender.id().clone(), connecting: true })
            }
            EventKind::Disconnect => {
                Some(UnreachableSender { id: sender.id().clone(), connecting: false })
            }
        };
        Self { global: GlobalPublisher::of_call(call, unreachable), sender }
    }

    /// The sender alone.
    pub fn sender(&self) -> Audience {
        self.global.one(self.member().into(), TenantScope::Any)
    }

    /// All connections of the sender's tenant. This includes the sender, even while lists do not have it
    /// yet.
    pub fn own_tenant(&self) -> Audience {
        let Some(tenant) = self.sender.tenant().cloned() else {
            return self.global.audience(Target::Unreachable(Unreachable::NoTenant));
        };
        self.list(ListKey::Tenant(tenant), true)
    }

    /// All connections of a user in the sender's tenant. If the sender has no tenant: of the user without a
    /// tenant.
    pub fn user(&self, user: impl Into<UserId>) -> Audience {
        let user = user.into();
        let with_sender = self.sender.user() == Some(&user);
        self.list(ListKey::User { tenant: self.sender.tenant().cloned(), user }, with_sender)
    }

    /// All connections of a group in the sender's tenant: those that have an [`Item`](crate::store::Item)
    /// in it.
    pub fn group(&self, group: impl Into<GroupId>) -> Audience {
        let group = group.into();
        self.list(ListKey::Group { tenant: self.sender.tenant().cloned(), group }, false)
    }

    /// One connection of the sender's tenant. Costs a read, unless this process knows the connection. A
    /// connection of another tenant counts as gone.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience {
        self.global.one(id.into().into(), self.own())
    }

    /// Some connections of the sender's tenant. Each costs what [`connection`](Self::connection) costs.
    pub fn connections<T: Into<Recipient>>(&self, ids: impl IntoIterator<Item = T>) -> Audience {
        self.global.ids(ids, self.own())
    }

    /// The connections of a [`Source`] that are in the sender's tenant. Each costs what
    /// [`connection`](Self::connection) costs.
    pub fn source(&self, source: impl Source) -> Audience {
        self.global.of_source(source, self.own())
    }

    /// Closes a connection of the sender's tenant: the client sees code 1000, and its `$disconnect` runs.
    ///
    /// # Errors
    /// When the connection [`is_gone`](PublishError::is_gone) or is in another tenant, or could not be
    /// closed.
    pub async fn close(&self, id: impl Into<ConnectionId>) -> Result<(), PublishError> {
        self.global.close_within(&id.into(), &self.own()).await
    }

    /// Reads what API Gateway knows about a connection of the sender's tenant.
    ///
    /// # Errors
    /// When the connection [`is_gone`](PublishError::is_gone) or is in another tenant, or the call failed.
    pub async fn info(&self, id: impl Into<ConnectionId>) -> Result<ConnectionInfo, PublishError> {
        self.global.info_within(&id.into(), &self.own()).await
    }

    /// A publisher to the connections of all tenants. The caller must check who may send to which connections.
    pub fn across_tenants(&self) -> GlobalPublisher {
        self.global.clone()
    }

    fn own(&self) -> TenantScope {
        TenantScope::Own(self.sender.tenant().cloned())
    }

    /// The sender, with the endpoint of the event that the handler serves.
    fn member(&self) -> Member {
        let sender = self.sender.member();
        let endpoint = self.global.fallback().cloned().unwrap_or(sender.endpoint);
        Member { endpoint, ..sender }
    }

    /// A list. `with_sender` says whether the sender belongs to it.
    fn list(&self, list: ListKey, with_sender: bool) -> Audience {
        let with_sender = with_sender && self.global.reaches_sender();
        self.global.audience(Target::List(list, with_sender.then(|| self.member())))
    }
}

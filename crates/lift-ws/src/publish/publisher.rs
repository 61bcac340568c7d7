//! The publisher of a handler: bound to the sender, and within its tenant.

use lift_event::EventKind;

use super::{
    Audience, GlobalPublisher, PublishError, Recipient, Source,
    global::Absent,
    who::{Nobody, Who, Within},
};
use crate::{
    Call, Connection, ConnectionId, GroupId, UserId,
    push::ConnectionInfo,
    store::{Member, Members},
};

/// Sends to connections on behalf of the connection that a handler serves, within its tenant.
///
/// It is the store and the way to `@connections` together; cloning it is cheap.
///
/// ```
/// use lift_ws::{Error, Publisher, Text};
///
/// async fn say(publish: Publisher, Text(text): Text) -> Result<(), Error> {
///     let report = publish.own_tenant().text(text).await?;
///     publish.sender().text(format!("{} heard you", report.sent - 1)).await.map(drop)?;
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
    pub(crate) fn within(call: &Call, sender: Connection) -> Self {
        // Only a connection that sent a message can be sent to.
        let absent = match call.event().kind() {
            EventKind::Message => None,
            EventKind::Connect => Some(Absent::connecting(sender.id())),
            EventKind::Disconnect => Some(Absent::ended(sender.id())),
        };
        Self { global: GlobalPublisher::of_call(call, absent), sender }
    }

    /// The sender alone.
    pub fn sender(&self) -> Audience {
        self.global.one(self.member().into(), Within::Any)
    }

    /// Everyone in the sender's tenant, the sender included, even while lists lag behind its
    /// connecting.
    pub fn own_tenant(&self) -> Audience {
        let Some(tenant) = self.sender.tenant().cloned() else {
            return self.global.audience(Who::Nobody(Nobody::NoTenant));
        };
        self.list(Members::Tenant(tenant), true)
    }

    /// All connections of a user in the sender's tenant; or, when it has none, of the user without
    /// a tenant.
    pub fn user(&self, user: impl Into<UserId>) -> Audience {
        let user = user.into();
        let sender_too = self.sender.user() == Some(&user);
        self.list(Members::User { tenant: self.sender.tenant().cloned(), user }, sender_too)
    }

    /// Everyone in a group of the sender's tenant: who has an [`Item`](crate::store::Item) in it.
    pub fn group(&self, group: impl Into<GroupId>) -> Audience {
        let group = group.into();
        self.list(Members::Group { tenant: self.sender.tenant().cloned(), group }, false)
    }

    /// One connection, if it is in the sender's tenant. Costs a read, unless this process knows the
    /// connection already; one of another tenant counts as gone.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience {
        self.global.one(Recipient::from(id.into()), self.own())
    }

    /// Some connections, those of them that are in the sender's tenant; each costs what
    /// [`connection`](Self::connection) costs.
    pub fn connections<T: Into<Recipient>>(&self, ids: impl IntoIterator<Item = T>) -> Audience {
        self.global.ids(ids, self.own())
    }

    /// The connections of a source, those of them that are in the sender's tenant; each costs what
    /// [`connection`](Self::connection) costs.
    pub fn source(&self, source: impl Source) -> Audience {
        self.global.of_source(source, self.own())
    }

    /// Closes a connection of the sender's tenant: the client sees the code 1000, and its `$disconnect`
    /// runs.
    ///
    /// # Errors
    /// One that [`is_gone`](PublishError::is_gone) when it has ended or is in another tenant; or why it
    /// could not be closed.
    pub async fn close(&self, id: impl Into<ConnectionId>) -> Result<(), PublishError> {
        self.global.close_within(&id.into(), &self.own()).await
    }

    /// What API Gateway knows of a connection of the sender's tenant.
    ///
    /// # Errors
    /// One that [`is_gone`](PublishError::is_gone) when it has ended or is in another tenant; or why it
    /// could not be asked.
    pub async fn info(&self, id: impl Into<ConnectionId>) -> Result<ConnectionInfo, PublishError> {
        self.global.info_within(&id.into(), &self.own()).await
    }

    /// Leaves the sender's tenant: the caller is responsible for who may reach whom.
    pub fn across_tenants(&self) -> GlobalPublisher {
        self.global.clone()
    }

    fn own(&self) -> Within {
        Within::Own(self.sender.tenant().cloned())
    }

    /// The sender, posted to where its event came from.
    fn member(&self) -> Member {
        let sender = self.sender.member();
        let endpoint = self.global.fallback.clone().unwrap_or(sender.endpoint);
        Member { endpoint, ..sender }
    }

    /// A list to which the sender belongs or not.
    fn list(&self, members: Members, sender_too: bool) -> Audience {
        let there = sender_too && self.global.absent.is_none();
        self.global.audience(Who::List(members, there.then(|| self.member())))
    }
}

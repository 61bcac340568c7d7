//! Sending to connections from a handler: who is meant ([`Audience`]), and what came of it
//! ([`Report`]). A handler reaches its own tenant; crossing tenants is a call of its own.

mod audience;
mod error;
mod report;
mod send;

use std::sync::Arc;

use lift_event::Kind;
use tokio::time::Instant;

use crate::{
    Call, Connection, ConnectionId, Endpoint, GroupId, TenantId, UserId, call::Services,
    store::Members,
};

pub use audience::{Audience, MemberStream};
pub use error::PublishError;
pub use report::{Cursor, Report};

use audience::Who;
pub(crate) use send::MAX_MESSAGE;

/// Sends to connections on behalf of the connection that a handler serves.
///
/// It is the store and the way to `@connections` together; cloning it is cheap.
#[derive(Clone)]
pub struct Publisher {
    services: Arc<Services>,
    sender: Connection,
    endpoint: Endpoint,
    deadline: Instant,
    /// What the sender's connection is doing: only one that sent a message can be sent to.
    doing: Kind,
}

impl Publisher {
    pub(crate) fn within(call: &Call, sender: Connection) -> Self {
        Self {
            services: call.services().clone(),
            sender,
            endpoint: call.endpoint(),
            deadline: call.deadline(),
            doing: call.event().kind(),
        }
    }

    /// The sender alone.
    pub fn sender(&self) -> Audience<'_> {
        Audience::new(self, Who::One(self.sender.id().clone(), None))
    }

    /// Everyone in the sender's tenant. The sender is included, although lists may lag some
    /// seconds behind what was stored; [`Audience::all_but`] leaves it out. While it connects, and
    /// after it ended, it is never included.
    pub fn own_tenant(&self) -> Audience<'_> {
        let Some(tenant) = self.sender.tenant().cloned() else {
            return Audience::new(self, Who::NoTenant);
        };
        self.list(Members::Tenant(tenant), true)
    }

    /// All connections of a user in the sender's tenant; or, when it has none, of the user without
    /// a tenant.
    pub fn user(&self, user: impl Into<UserId>) -> Audience<'_> {
        let user = user.into();
        let sender_too = self.sender.user() == Some(&user);
        self.list(Members::User { tenant: self.sender.tenant().cloned(), user }, sender_too)
    }

    /// Everyone in a group of the sender's tenant: who has an [`Item`](crate::store::Item) in it.
    pub fn group(&self, group: impl Into<GroupId>) -> Audience<'_> {
        let group = group.into();
        self.list(Members::Group { tenant: self.sender.tenant().cloned(), group }, false)
    }

    /// One connection, if it is in the sender's tenant. Costs a read, unless this process knows the
    /// connection already; one of another tenant counts as gone.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience<'_> {
        Audience::new(self, Who::One(id.into(), Some(self.sender.tenant().cloned())))
    }

    /// Leaves the sender's tenant: the caller is responsible for who may reach whom.
    #[must_use]
    pub fn across_tenants(&self) -> AcrossTenants<'_> {
        AcrossTenants(self)
    }

    /// A list to which the sender belongs or not. It is never listed while it connects or after
    /// it ended, whatever a lagging list says.
    fn list(&self, members: Members, sender_too: bool) -> Audience<'_> {
        let id = self.sender.id();
        let open = self.doing == Kind::Message;
        let sender = self.sender.member();
        let audience =
            Audience::new(self, Who::List(members, (sender_too && open).then_some(sender)));
        if open { audience } else { audience.all_but(id) }
    }

    fn is_connecting(&self, id: &ConnectionId) -> bool {
        self.doing == Kind::Connect && id == self.sender.id()
    }
}

/// A publisher that is not bound to the sender's tenant.
#[derive(Clone, Copy, Debug)]
pub struct AcrossTenants<'a>(&'a Publisher);

impl<'a> AcrossTenants<'a> {
    /// Everyone in a tenant.
    pub fn tenant(&self, tenant: impl Into<TenantId>) -> Audience<'a> {
        self.0.list(Members::Tenant(tenant.into()), false)
    }

    /// All connections of a user in a tenant.
    pub fn user(&self, tenant: impl Into<TenantId>, user: impl Into<UserId>) -> Audience<'a> {
        let members = Members::User { tenant: Some(tenant.into()), user: user.into() };
        self.0.list(members, false)
    }

    /// One connection, whatever its tenant. Costs no read.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience<'a> {
        Audience::new(self.0, Who::One(id.into(), None))
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("sender", &self.sender).finish_non_exhaustive()
    }
}

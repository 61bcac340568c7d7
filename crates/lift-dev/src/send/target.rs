//! The target of a send: connections by id, or all members of a user, tenant or group.

use std::{
    collections::BTreeSet,
    fmt::{self, Display, Formatter},
};

use lift_ws::{
    ConnectionId, GlobalPublisher, PublishError,
    publish::{Audience, Estimate},
    store::ListKey,
};

use crate::{args::TargetArgs, exit::note};

#[derive(Debug)]
pub(super) struct Target {
    members: TargetMembers,
    except: Vec<ConnectionId>,
}

#[derive(Debug)]
enum TargetMembers {
    /// Without duplicates.
    Ids(BTreeSet<ConnectionId>),
    List(ListKey),
}

impl Target {
    pub(super) fn new(args: &TargetArgs) -> Self {
        let TargetArgs { connections, user, tenant, group, except } = args.clone();
        let tenant = tenant.map(Into::into);
        let members = match (user, group, tenant) {
            (Some(user), _, tenant) => {
                TargetMembers::List(ListKey::User { tenant, user: user.into() })
            }
            (None, Some(group), tenant) => {
                TargetMembers::List(ListKey::Group { tenant, group: group.into() })
            }
            (None, None, Some(tenant)) => TargetMembers::List(ListKey::Tenant(tenant)),
            (None, None, None) => {
                TargetMembers::Ids(connections.into_iter().map(Into::into).collect())
            }
        };
        Self { members, except: except.into_iter().map(Into::into).collect() }
    }

    /// The audience of the publisher.
    pub(super) fn audience(&self, publisher: &GlobalPublisher) -> Audience {
        let audience = match &self.members {
            TargetMembers::Ids(ids) => publisher.connections(ids.iter().cloned()),
            TargetMembers::List(members) => publisher.list(members.clone()),
        };
        self.except.iter().fold(audience, Audience::except)
    }

    /// The estimated number of connections. Ids are counted without a request.
    pub(super) async fn estimate(
        &self,
        publisher: &GlobalPublisher,
    ) -> Result<Estimate, PublishError> {
        match &self.members {
            TargetMembers::Ids(ids) => {
                let count = ids.iter().filter(|id| !self.except.contains(id)).count();
                Ok(Estimate::new(count as u64, true))
            }
            TargetMembers::List(_) => self.audience(publisher).estimate().await,
        }
    }

    /// Prints a note that no connection matches, so that there was nothing to do.
    pub(super) fn note_empty(&self) {
        note(format_args!("note: no connection matches: {self}"));
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tenant = match &self.members {
            TargetMembers::Ids(ids) => {
                let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
                return write!(f, "the connections {}", ids.join(", "));
            }
            TargetMembers::List(ListKey::Tenant(tenant)) => {
                return write!(f, "the tenant {tenant}");
            }
            TargetMembers::List(ListKey::User { tenant, user }) => {
                write!(f, "the user {user}")?;
                tenant
            }
            TargetMembers::List(ListKey::Group { tenant, group }) => {
                write!(f, "the group {group}")?;
                tenant
            }
            // `lift send` makes no other lists.
            TargetMembers::List(other) => return write!(f, "{other:?}"),
        };
        match tenant {
            Some(tenant) => write!(f, " of the tenant {tenant}"),
            None => write!(f, " without a tenant (--tenant names one)"),
        }
    }
}

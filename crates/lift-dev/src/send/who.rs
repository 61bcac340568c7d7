//! Who is meant, as the arguments say: connections by id, or a list.

use std::{
    collections::BTreeSet,
    fmt::{self, Display, Formatter},
};

use lift_ws::{
    ConnectionId, GlobalPublisher, PublishError,
    publish::{Audience, Estimate},
    store::Members,
};

use crate::args::TargetArgs;

#[derive(Debug)]
pub(super) struct Who {
    to: To,
    except: Vec<ConnectionId>,
}

#[derive(Debug)]
enum To {
    /// Each once.
    Ids(BTreeSet<ConnectionId>),
    List(Members),
}

impl Who {
    pub(super) fn new(args: &TargetArgs) -> Self {
        let TargetArgs { connections, user, tenant, group, all_but } = args.clone();
        let tenant = tenant.map(Into::into);
        let to = match (user, group, tenant) {
            (Some(user), _, tenant) => To::List(Members::User { tenant, user: user.into() }),
            (None, Some(group), tenant) => To::List(Members::Group { tenant, group: group.into() }),
            (None, None, Some(tenant)) => To::List(Members::Tenant(tenant)),
            (None, None, None) => To::Ids(connections.into_iter().map(Into::into).collect()),
        };
        Self { to, except: all_but.into_iter().map(Into::into).collect() }
    }

    pub(super) fn audience(&self, publisher: &GlobalPublisher) -> Audience {
        let audience = match &self.to {
            To::Ids(ids) => publisher.connections(ids.iter().cloned()),
            To::List(members) => publisher.list(members.clone()),
        };
        self.except.iter().fold(audience, Audience::except)
    }

    /// About how many are meant. Ids are not looked up for it.
    pub(super) async fn estimate(
        &self,
        publisher: &GlobalPublisher,
    ) -> Result<Estimate, PublishError> {
        match &self.to {
            To::Ids(ids) => {
                let meant = ids.iter().filter(|id| !self.except.contains(id)).count();
                Ok(Estimate::new(meant as u64, true))
            }
            To::List(_) => self.audience(publisher).estimate().await,
        }
    }
}

impl Display for Who {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tenant = match &self.to {
            To::Ids(ids) => {
                let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
                return write!(f, "the connections {}", ids.join(", "));
            }
            To::List(Members::Tenant(tenant)) => return write!(f, "the tenant {tenant}"),
            To::List(Members::User { tenant, user }) => {
                write!(f, "the user {user}")?;
                tenant
            }
            To::List(Members::Group { tenant, group }) => {
                write!(f, "the group {group}")?;
                tenant
            }
            // A kind of list that is not asked for here.
            To::List(other) => return write!(f, "{other:?}"),
        };
        match tenant {
            Some(tenant) => write!(f, " of the tenant {tenant}"),
            None => write!(f, " without a tenant (--tenant names one)"),
        }
    }
}

//! The publisher that is bound to no tenant: from a handler that crosses tenants, or in a program that
//! is no handler at all.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Audience, PublishError, Recipient, Source, Task,
    who::{Nobody, Who, Within},
};
use crate::{
    Call, ConnectionId, Endpoint, GroupId, Push, TenantId, UserId,
    call::Services,
    push::ConnectionInfo,
    store::{Members, Store},
};

/// How long before the deadline a send stops, so that its report can still be used.
const MARGIN: Duration = Duration::from_millis(500);

/// A send without a deadline.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Sends to connections of any tenant: the caller is responsible for who may reach whom.
///
/// Handlers have it from [`Publisher::across_tenants`](crate::Publisher::across_tenants). Other programs
/// build it of a store and a push; on AWS `lift_aws::publisher` does. Cloning it is cheap, and shares
/// what is known of connections.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{GlobalPublisher, store::MemoryStore, test::RecordingPush};
/// use std::sync::Arc;
///
/// let publisher = GlobalPublisher::new(
///     Arc::new(MemoryStore::new()),
///     Arc::new(RecordingPush::new()),
/// );
/// let report = publisher.tenant("lotus").text("we close at ten").await?;
/// assert_eq!(report.sent, 0, "nobody is there");
/// # Ok::<(), lift_ws::PublishError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct GlobalPublisher {
    pub(super) services: Arc<Services>,
    /// Where everything is posted to, whatever rows say.
    pub(super) endpoint: Option<Endpoint>,
    /// Where a connection without a row is posted to.
    pub(super) fallback: Option<Endpoint>,
    deadline: Option<Instant>,
    pub(super) absent: Option<Absent>,
}

/// The connection that a handler serves, when it cannot be sent to.
#[derive(Clone)]
pub(super) struct Absent {
    id: ConnectionId,
    connecting: bool,
}

impl Absent {
    pub(super) fn connecting(id: &ConnectionId) -> Self {
        Self { id: id.clone(), connecting: true }
    }

    pub(super) fn ended(id: &ConnectionId) -> Self {
        Self { id: id.clone(), connecting: false }
    }
}

impl GlobalPublisher {
    /// A publisher to the connections of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, push: Arc<dyn Push>) -> Self {
        let services = Arc::new(Services::new(store, push, None));
        Self { services, endpoint: None, fallback: None, deadline: None, absent: None }
    }

    pub(super) fn of_call(call: &Call, absent: Option<Absent>) -> Self {
        Self {
            services: call.services().clone(),
            endpoint: None,
            fallback: Some(call.endpoint()),
            deadline: Some(call.deadline()),
            absent,
        }
    }

    /// Posts everything to one endpoint, whatever the rows of the connections say.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Posts to an endpoint where a connection has no row that names one: an unmanaged app's.
    #[must_use]
    pub fn with_fallback(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.fallback = Some(endpoint.into());
        self
    }

    /// Stops half a second before a moment: the deadline of the invocation.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Everyone in a tenant.
    pub fn tenant(&self, tenant: impl Into<TenantId>) -> Audience {
        self.list(Members::Tenant(tenant.into()))
    }

    /// All connections of a user in a tenant.
    pub fn user(&self, tenant: impl Into<TenantId>, user: impl Into<UserId>) -> Audience {
        self.list(Members::User { tenant: Some(tenant.into()), user: user.into() })
    }

    /// All connections of a user who has no tenant.
    pub fn user_without_tenant(&self, user: impl Into<UserId>) -> Audience {
        self.list(Members::User { tenant: None, user: user.into() })
    }

    /// Everyone in a group of a tenant.
    pub fn group(&self, tenant: impl Into<TenantId>, group: impl Into<GroupId>) -> Audience {
        self.list(Members::Group { tenant: Some(tenant.into()), group: group.into() })
    }

    /// Everyone in a list of the store.
    pub fn list(&self, members: Members) -> Audience {
        self.audience(Who::List(members, None))
    }

    /// One connection. Costs a read for its endpoint, unless this process knows the connection already.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience {
        self.one(Recipient::from(id.into()), Within::Any)
    }

    /// Some connections. Each whose endpoint is not given costs what [`connection`](Self::connection)
    /// costs.
    pub fn connections<T: Into<Recipient>>(&self, ids: impl IntoIterator<Item = T>) -> Audience {
        self.ids(ids, Within::Any)
    }

    /// The connections of a source of one's own. Each whose endpoint is not given costs what
    /// [`connection`](Self::connection) costs.
    pub fn source(&self, source: impl Source) -> Audience {
        self.of_source(source, Within::Any)
    }

    /// The audience of a task, or what is left of it: see [`Audience::tasks`].
    pub fn task(&self, task: Task) -> Audience {
        task.into_audience(self)
    }

    /// Closes a connection: the client sees the code 1000, and its `$disconnect` runs.
    ///
    /// # Errors
    /// One that [`is_gone`](PublishError::is_gone) when it has ended; or why it could not be closed.
    pub async fn close(&self, id: impl Into<ConnectionId>) -> Result<(), PublishError> {
        self.close_within(&id.into(), &Within::Any).await
    }

    /// What API Gateway knows of a connection.
    ///
    /// # Errors
    /// One that [`is_gone`](PublishError::is_gone) when it has ended; or why it could not be asked.
    pub async fn info(&self, id: impl Into<ConnectionId>) -> Result<ConnectionInfo, PublishError> {
        self.info_within(&id.into(), &Within::Any).await
    }

    pub(super) fn one(&self, to: Recipient, within: Within) -> Audience {
        if self.absent.as_ref().is_some_and(|absent| absent.connecting && absent.id == to.id) {
            return self.audience(Who::Nobody(Nobody::Connecting));
        }
        self.ids([to], within)
    }

    pub(super) fn ids<T: Into<Recipient>>(
        &self,
        ids: impl IntoIterator<Item = T>,
        within: Within,
    ) -> Audience {
        self.audience(Who::Ids(ids.into_iter().map(Into::into).collect(), within))
    }

    pub(super) fn of_source(&self, source: impl Source, within: Within) -> Audience {
        self.audience(Who::Source(Arc::new(source), within))
    }

    /// An audience; a list never has who is connecting or ended in it, whatever a lagging one says.
    pub(super) fn audience(&self, who: Who) -> Audience {
        let absent = self.absent.as_ref().filter(|_| matches!(who, Who::List(..)));
        let absent = absent.map(|absent| absent.id.clone());
        let audience = Audience::new(self.clone(), who);
        absent.iter().fold(audience, Audience::all_but)
    }

    pub(super) fn stop_at(&self) -> Instant {
        match self.deadline {
            Some(deadline) => deadline.checked_sub(MARGIN).unwrap_or(deadline),
            None => Instant::now() + FOR_EVER,
        }
    }
}

impl std::fmt::Debug for GlobalPublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlobalPublisher")
            .field("endpoint", &self.endpoint)
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}

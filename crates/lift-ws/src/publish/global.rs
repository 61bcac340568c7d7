//! The publisher that is not bound to a tenant: for handlers that cross tenants, and for programs that are
//! not apps.

use std::{fmt, sync::Arc};

use tokio::time::Instant;

use super::{
    Audience, PublishError, Recipient, SendPart, Source,
    context::SendContext,
    target::{Target, TenantScope, Unreachable},
};
use crate::{
    Call, ConnectionId, TenantId, UserId,
    call::Services,
    push::{ConnectionInfo, Endpoint, Push, PushError},
    store::{GroupId, ListKey, Store},
};

/// Sends to connections of any tenant. The caller must check who may send to which connections.
///
/// A handler gets it from [`Publisher::across_tenants`](crate::Publisher::across_tenants). Another program
/// makes it from a store and a push; on AWS, `lift_aws::publisher` does. Cloning it is cheap, and the clones
/// share the cache of connections.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lift_ws::PublishError> {
/// use lift_ws::{GlobalPublisher, store::MemoryStore, test::RecordingPush};
/// use std::sync::Arc;
///
/// let publisher = GlobalPublisher::new(
///     Arc::new(MemoryStore::new()),
///     Arc::new(RecordingPush::new()),
/// );
/// let report = publisher.tenant("lotus").text("we close at ten").await?;
/// assert_eq!(report.counts.sent, 0, "no client is connected");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct GlobalPublisher {
    context: SendContext,
    unreachable: Option<UnreachableSender>,
}

/// The connection that a handler serves, when it cannot be sent to.
#[derive(Clone)]
pub(super) struct UnreachableSender {
    pub(super) id: ConnectionId,
    /// Whether it is still connecting, or else has ended.
    pub(super) connecting: bool,
}

impl GlobalPublisher {
    /// A publisher to the connections of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, push: Arc<dyn Push>) -> Self {
        let services = Arc::new(Services::new(store, push, None));
        let context = SendContext { services, endpoint: None, fallback: None, deadline: None };
        Self { context, unreachable: None }
    }

    pub(super) fn of_call(call: &Call, unreachable: Option<UnreachableSender>) -> Self {
        let context = SendContext {
            services: call.services().clone(),
            endpoint: None,
            fallback: Some(call.endpoint()),
            deadline: Some(call.deadline()),
        };
        Self { context, unreachable }
    }

    /// A publisher with the services of an app, for an event that belongs to no connection.
    pub(crate) fn of_services(services: Arc<Services>, deadline: Instant) -> Self {
        let deadline = Some(deadline);
        let context = SendContext { services, endpoint: None, fallback: None, deadline };
        Self { context, unreachable: None }
    }

    /// Posts everything to one endpoint, regardless of the endpoints in the rows of the connections.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.context.endpoint = Some(endpoint.into());
        self
    }

    /// Sets the endpoint for connections without a row: those of an app without managed connections.
    #[must_use]
    pub fn with_fallback(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.context.fallback = Some(endpoint.into());
        self
    }

    /// Stops every send half a second before a deadline, such as that of the Lambda invocation.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.context.deadline = Some(deadline);
        self
    }

    /// All connections of a tenant.
    pub fn tenant(&self, tenant: impl Into<TenantId>) -> Audience {
        self.list(ListKey::Tenant(tenant.into()))
    }

    /// All connections of a user in a tenant.
    pub fn user(&self, tenant: impl Into<TenantId>, user: impl Into<UserId>) -> Audience {
        self.list(ListKey::User { tenant: Some(tenant.into()), user: user.into() })
    }

    /// All connections of a user who has no tenant.
    pub fn user_without_tenant(&self, user: impl Into<UserId>) -> Audience {
        self.list(ListKey::User { tenant: None, user: user.into() })
    }

    /// All connections of a group in a tenant.
    pub fn group(&self, tenant: impl Into<TenantId>, group: impl Into<GroupId>) -> Audience {
        self.list(ListKey::Group { tenant: Some(tenant.into()), group: group.into() })
    }

    /// All connections of a list in the store.
    pub fn list(&self, list: ListKey) -> Audience {
        self.audience(Target::List(list, None))
    }

    /// One connection. Costs a read for its endpoint, unless this process knows the connection.
    pub fn connection(&self, id: impl Into<ConnectionId>) -> Audience {
        self.one(id.into().into(), TenantScope::Any)
    }

    /// Some connections. Each one without an endpoint costs what [`connection`](Self::connection) costs.
    pub fn connections<T: Into<Recipient>>(&self, ids: impl IntoIterator<Item = T>) -> Audience {
        self.ids(ids, TenantScope::Any)
    }

    /// The connections of a [`Source`]. Each one without an endpoint costs what
    /// [`connection`](Self::connection) costs.
    pub fn source(&self, source: impl Source) -> Audience {
        self.of_source(source, TenantScope::Any)
    }

    /// The audience of a part that [`Audience::split`] made.
    pub fn part(&self, part: SendPart) -> Audience {
        let (target, except, cursor) = part.into_target();
        self.audience(target).of_part(except, cursor)
    }

    /// Closes a connection: the client sees code 1000, and its `$disconnect` runs.
    ///
    /// # Errors
    /// When the connection [`is_gone`](PublishError::is_gone), or could not be closed.
    pub async fn close(&self, id: impl Into<ConnectionId>) -> Result<(), PublishError> {
        self.close_within(&id.into(), &TenantScope::Any).await
    }

    /// Reads what API Gateway knows about a connection.
    ///
    /// # Errors
    /// When the connection [`is_gone`](PublishError::is_gone), or the call failed.
    pub async fn info(&self, id: impl Into<ConnectionId>) -> Result<ConnectionInfo, PublishError> {
        self.info_within(&id.into(), &TenantScope::Any).await
    }

    pub(super) async fn close_within(
        &self,
        id: &ConnectionId,
        scope: &TenantScope,
    ) -> Result<(), PublishError> {
        let endpoint = self.endpoint_of(id, scope).await?;
        Ok(self.context.services.push.close(&endpoint, id).await?)
    }

    pub(super) async fn info_within(
        &self,
        id: &ConnectionId,
        scope: &TenantScope,
    ) -> Result<ConnectionInfo, PublishError> {
        let endpoint = self.endpoint_of(id, scope).await?;
        Ok(self.context.services.push.info(&endpoint, id).await?)
    }

    async fn endpoint_of(
        &self,
        id: &ConnectionId,
        scope: &TenantScope,
    ) -> Result<Endpoint, PublishError> {
        let found = self.context.find_endpoint(id, None, Some(scope)).await?;
        found.ok_or_else(|| PushError::gone().into())
    }

    pub(super) fn one(&self, to: Recipient, scope: TenantScope) -> Audience {
        if self
            .unreachable
            .as_ref()
            .is_some_and(|unreachable| unreachable.connecting && unreachable.id == to.id)
        {
            return self.audience(Target::Unreachable(Unreachable::Connecting));
        }
        self.ids([to], scope)
    }

    pub(super) fn ids<T: Into<Recipient>>(
        &self,
        ids: impl IntoIterator<Item = T>,
        scope: TenantScope,
    ) -> Audience {
        self.audience(Target::Ids(ids.into_iter().map(Into::into).collect(), scope))
    }

    pub(super) fn of_source(&self, source: impl Source, scope: TenantScope) -> Audience {
        self.audience(Target::Source(Arc::new(source), scope))
    }

    /// The audience of a target. A connection that is connecting or has ended is left out of every list:
    /// one that lags may still have it.
    pub(super) fn audience(&self, target: Target) -> Audience {
        let unreachable = self.unreachable.as_ref().filter(|_| matches!(target, Target::List(..)));
        let audience = Audience::new(self.context.clone(), target);
        match unreachable {
            Some(unreachable) => audience.except(&unreachable.id),
            None => audience,
        }
    }

    /// Whether the connection that the handler serves can be sent to.
    pub(super) fn reaches_sender(&self) -> bool {
        self.unreachable.is_none()
    }

    /// The endpoint of the event that the handler serves.
    pub(super) fn fallback(&self) -> Option<&Endpoint> {
        self.context.fallback.as_ref()
    }
}

impl fmt::Debug for GlobalPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalPublisher")
            .field("endpoint", &self.context.endpoint)
            .field("fallback", &self.context.fallback)
            .finish_non_exhaustive()
    }
}

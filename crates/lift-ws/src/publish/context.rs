//! What all sends of a publisher share: the store, the push, the endpoints and the deadline.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::time::Instant;

use super::{retry::retry_read, target::TenantScope};
use crate::{ConnectionId, call::Services, push::Endpoint, store::StoreError};

/// How long before the deadline a send stops, so that the caller can still use its report.
const MARGIN: Duration = Duration::from_millis(500);

/// The time limit of a send without a deadline: a year.
const NO_DEADLINE: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(Clone)]
pub(super) struct SendContext {
    pub(super) services: Arc<Services>,
    /// Where everything is posted to, regardless of the rows.
    pub(super) endpoint: Option<Endpoint>,
    /// Where a connection without a row is posted to.
    pub(super) fallback: Option<Endpoint>,
    pub(super) deadline: Option<Instant>,
}

impl SendContext {
    /// When to stop: half a second before the deadline.
    pub(super) fn stop_at(&self) -> Instant {
        match self.deadline {
            Some(deadline) => deadline.checked_sub(MARGIN).unwrap_or(deadline),
            None => Instant::now() + NO_DEADLINE,
        }
    }

    /// The endpoint of a connection, from the first of these that has one: the publisher's only endpoint,
    /// `given`, the connection's row, the fallback. `None` when the connection has no row and there is no
    /// fallback, or when it is not in the tenant that the scope names.
    pub(super) async fn find_endpoint(
        &self,
        id: &ConnectionId,
        given: Option<&Endpoint>,
        scope: Option<&TenantScope>,
    ) -> Result<Option<Endpoint>, StoreError> {
        let scope = scope.unwrap_or(&TenantScope::Any);
        let any_tenant = *scope == TenantScope::Any;
        let known = self.endpoint.as_ref().or(given);
        if let (true, Some(known)) = (any_tenant, known) {
            return Ok(Some(known.clone()));
        }
        let find = || self.services.find(id.as_str()).boxed();
        Ok(match retry_read(self.stop_at(), find).await? {
            Some(row) if scope.allows(row.tenant()) => {
                Some(known.unwrap_or_else(|| row.endpoint()).clone())
            }
            None if any_tenant => self.fallback.clone(),
            _ => None,
        })
    }
}

impl fmt::Debug for SendContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendContext")
            .field("endpoint", &self.endpoint)
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}

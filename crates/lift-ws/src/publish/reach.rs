//! One connection of a publisher: where it is, and what is done to it alone.

use futures_util::FutureExt;

use super::{GlobalPublisher, PublishError, patience::persist, who::Within};
use crate::{ConnectionId, Endpoint, PushError, push::ConnectionInfo, store::StoreError};

impl GlobalPublisher {
    pub(super) async fn close_within(
        &self,
        id: &ConnectionId,
        within: &Within,
    ) -> Result<(), PublishError> {
        let endpoint = self.endpoint_of(id, within).await?;
        Ok(self.services.push.close(&endpoint, id).await?)
    }

    pub(super) async fn info_within(
        &self,
        id: &ConnectionId,
        within: &Within,
    ) -> Result<ConnectionInfo, PublishError> {
        let endpoint = self.endpoint_of(id, within).await?;
        Ok(self.services.push.info(&endpoint, id).await?)
    }

    async fn endpoint_of(
        &self,
        id: &ConnectionId,
        within: &Within,
    ) -> Result<Endpoint, PublishError> {
        let found = self.find_endpoint(id, None, Some(within)).await?;
        found.ok_or_else(|| PushError::gone().into())
    }

    /// Where a connection is posted to, by what is known of it; `None` when it is not there, or not
    /// where it must be. In this order: the one endpoint of all, the given, the row's, the fallback.
    pub(super) async fn find_endpoint(
        &self,
        id: &ConnectionId,
        given: Option<&Endpoint>,
        within: Option<&Within>,
    ) -> Result<Option<Endpoint>, StoreError> {
        let known = self.endpoint.as_ref().or(given);
        let own = match (within, known) {
            (None | Some(Within::Any), Some(known)) => return Ok(Some(known.clone())),
            (Some(Within::Own(own)), _) => Some(own.as_ref()),
            (None | Some(Within::Any), None) => None,
        };
        let find = || self.services.find(id.as_str()).boxed();
        let row = persist(self.stop_at(), find).await?;
        Ok(match row {
            Some(row) if own.is_none_or(|own| own == row.tenant()) => {
                Some(known.unwrap_or_else(|| row.endpoint()).clone())
            }
            None if own.is_none() => self.fallback.clone(),
            _ => None,
        })
    }
}

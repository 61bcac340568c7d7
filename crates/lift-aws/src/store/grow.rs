//! Relief for a list that DynamoDB throttles: it is cut into twice as many shards.

use lift_ws::store::StoreError;

use super::{
    DynamoStore,
    error::{Failure, cause},
    keys::List,
};

impl DynamoStore {
    /// The error of a failed write to a list, after the list was cut into more shards if that is what
    /// it lacked.
    pub(super) async fn relieve(&self, list: Option<&List>, failure: Failure) -> StoreError {
        if let (Failure::Hot(_), Some(list)) = (&failure, list) {
            self.grow(list).await;
        }
        failure.into()
    }

    /// Cuts a list into twice as many shards, because one of them takes no more writes.
    async fn grow(&self, list: &List) {
        let Ok(meta) = self.meta().await else { return };
        let Some(growth) = meta.growth(list, self.now_seconds()) else { return };
        let update = self
            .update_meta(", #list = :new")
            .expression_attribute_names("#list", growth.attribute)
            .expression_attribute_values(":new", growth.new);
        let update = match growth.old {
            None => update.condition_expression("attribute_not_exists(#list)"),
            Some(old) => {
                update.condition_expression("#list = :old").expression_attribute_values(":old", old)
            }
        };
        let (list, shards) = (list.name(), growth.shards);
        match self.changed_meta(update).await {
            Ok(_) => tracing::warn!(list, shards, "a throttled list is cut into more shards"),
            Err(Failure::Refused(_)) => tracing::info!(list, "another process has cut the list"),
            Err(Failure::Hot(error) | Failure::Other(error)) => {
                tracing::warn!(list, cause = cause(&error), "a throttled list was not cut");
            }
        }
    }
}

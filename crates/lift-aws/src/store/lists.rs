//! Lists of connections: queries of the indexes, one shard and one range of hashes at a time, page
//! by page.

use std::sync::Arc;

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};
use lift_ws::store::{ListKey, Member, Page, Part, Position, StoreError};

use super::{
    DynamoStore,
    attributes::{AttributeMap, EXPIRES_AT},
    encoding,
    error::RequestError,
    keys::{self, Range},
    meta::Meta,
};

impl DynamoStore {
    /// Splits a list into at least `min_parts` parts, and at least one for each shard.
    pub(super) async fn split_list(
        &self,
        list: &ListKey,
        min_parts: u32,
    ) -> Result<Vec<Part>, StoreError> {
        let shards = match keys::list(list) {
            Some(list) => {
                self.meta.current(&self.table).await?.shards(&list).read(self.table.now_seconds())
            }
            None => 1,
        };
        let per_shard = min_parts.div_ceil(shards);
        Ok((0..shards).flat_map(|shard| Part::whole(shard).split(per_shard)).collect())
    }

    pub(super) async fn read_page(
        &self,
        list: &ListKey,
        part: Part,
        after: Option<&Position>,
    ) -> Result<Page, StoreError> {
        let range = keys::range(list, part)?;
        let after = after.map(|after| keys::from_position(after, &range)).transpose()?;
        let query = self.query(&range).set_exclusive_start_key(after);
        let found = query.send().await.map_err(RequestError::from)?;
        let last = found.last_evaluated_key.as_ref();
        let next = last.map(|last| keys::to_position(last, &range)).transpose()?;
        let mut meta = self.meta.current(&self.table).await?;
        let mut members = Vec::with_capacity(found.count.try_into().unwrap_or_default());
        for entry in found.items() {
            members.push(self.member(list, entry, &mut meta).await?);
        }
        Ok(Page::new(members, next))
    }

    /// An index entry as a member. The list index holds the user; in the user index, the key
    /// contains the user. If META lacks the entry's endpoint it is read again, because leaving the member
    /// out would lose it silently.
    async fn member(
        &self,
        list: &ListKey,
        entry: &AttributeMap,
        meta: &mut Arc<Meta>,
    ) -> Result<Member, StoreError> {
        let (id, user, endpoint_id) = encoding::to_entry(entry)?;
        if meta.endpoint(endpoint_id).is_none() {
            *meta = self.meta.with_endpoint_id(&self.table, endpoint_id).await?;
        }
        let endpoint = meta.endpoint(endpoint_id).cloned();
        let endpoint = endpoint.ok_or_else(|| StoreError::failed("META lost an endpoint"))?;
        let user = match list {
            ListKey::User { user, .. } => Some(user.clone()),
            _ => user,
        };
        Ok(Member::new(id, user, endpoint))
    }

    pub(super) async fn count_part(&self, list: &ListKey, part: Part) -> Result<u64, StoreError> {
        let range = keys::range(list, part)?;
        let (mut count, mut after) = (0, None);
        loop {
            let query = self.query(&range).select(Select::Count).set_exclusive_start_key(after);
            let found = query.send().await.map_err(RequestError::from)?;
            count += u64::try_from(found.count).unwrap_or_default();
            after = found.last_evaluated_key;
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    fn query(&self, range: &Range) -> QueryFluentBuilder {
        self.table
            .query()
            .index_name(range.index)
            .key_condition_expression("#key = :key AND #sort BETWEEN :from AND :to")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#key", range.key_names.0)
            .expression_attribute_names("#sort", range.key_names.1)
            .expression_attribute_names("#ttl", EXPIRES_AT)
            .expression_attribute_values(":key", encoding::string(&range.partition))
            .expression_attribute_values(":from", encoding::string(&range.from))
            .expression_attribute_values(":to", encoding::string(&range.to))
            .expression_attribute_values(":now", encoding::number(self.table.now_seconds()))
            .limit(self.page)
    }
}

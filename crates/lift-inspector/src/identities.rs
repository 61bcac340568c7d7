//! The users and tenants of connections. They are in the app's rows, which are read when a page lists
//! connections, a limited number at a time, and again only while they can change.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt as _, stream};
use lift_gateway::{ConnectionInfo, Id};
use tokio::sync::Mutex;

use crate::rows::{Identity, Rows};

/// The most rows that are read for one list, so that a list of thousands is not slow.
const MAX_READS: usize = 500;

/// How many are read at the same time.
const CONCURRENCY: usize = 8;

/// The identities that were read, by the connections' ids.
#[derive(Debug, Default)]
pub(crate) struct Identities(Mutex<HashMap<String, CachedIdentity>>);

#[derive(Debug, Clone)]
struct CachedIdentity {
    identity: Identity,
    /// When the client was last active before the read: a message can sign a client in.
    last_active: lift_event::Timestamp,
}

impl CachedIdentity {
    /// Whether the row cannot have changed since the read. A user never changes.
    fn is_current(&self, info: &ConnectionInfo) -> bool {
        self.identity.user.is_some() || self.last_active == info.last_active
    }
}

impl Identities {
    /// The identities, and how many are not read yet.
    pub(crate) async fn of(
        &self,
        rows: Option<&Arc<dyn Rows>>,
        open: &[ConnectionInfo],
    ) -> (Vec<Identity>, usize) {
        let Some(rows) = rows else { return (vec![Identity::default(); open.len()], 0) };
        // A second request waits, and then has less to read.
        let mut known = self.0.lock().await;
        let is_new = |info: &&ConnectionInfo| !known.contains_key(info.id.as_str());
        let may_differ = |info: &&ConnectionInfo| {
            known.get(info.id.as_str()).is_some_and(|it| !it.is_current(info))
        };
        let new = open.iter().filter(is_new);
        let missing = new.clone().count().saturating_sub(MAX_READS);
        let now: Vec<_> = new.chain(open.iter().filter(may_differ)).take(MAX_READS).collect();
        let now: Vec<_> = now.into_iter().map(|info| (info.id, info.last_active)).collect();
        let read: Vec<(String, CachedIdentity)> = stream::iter(now)
            .map(|(id, at)| read(&**rows, id, at))
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        known.extend(read);
        // Closed connections are dropped.
        let mut open_identities = HashMap::with_capacity(open.len());
        let mut identity = |info: &ConnectionInfo| {
            let (id, found) = known.remove_entry(info.id.as_str())?;
            let identity = found.identity.clone();
            open_identities.insert(id, found);
            Some(identity)
        };
        let all = open.iter().map(|info| identity(info).unwrap_or_default()).collect();
        *known = open_identities;
        (all, missing)
    }
}

async fn read(
    rows: &dyn Rows,
    id: Id,
    last_active: lift_event::Timestamp,
) -> (String, CachedIdentity) {
    let identity = rows.identity(id).await.unwrap_or_else(|error| {
        tracing::debug!(
            error = error.to_string(),
            id = id.as_str(),
            "the inspector could not read a row"
        );
        Identity::default()
    });
    (id.to_string(), CachedIdentity { identity, last_active })
}

//! One call on its way to a handler: the event, its deadline, and what the app offers to it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lift_event::Event;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::{
    Connection, ConnectionId, Endpoint, Error, Push,
    store::{Read, Row, Store, StoreError},
};

/// What all calls of a process share.
pub(crate) struct Services {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) push: Arc<dyn Push>,
    /// Identities never change, so a warm process reads each at most once.
    pub(crate) identities: Cache<ConnectionId, Connection>,
}

impl Services {
    /// A connection by id, from the cache or the store.
    pub(crate) async fn find(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        if let Some(known) = self.identities.get(id) {
            return Ok(Some(known));
        }
        let row = match self.store.get(id, Read::Eventual).await? {
            Some(row) => Some(row),
            None => self.store.get(id, Read::Consistent).await?,
        };
        Ok(row.map(|row| self.remember(row)))
    }

    pub(crate) fn remember(&self, row: Row) -> Connection {
        let connection = Connection(Arc::new(row));
        self.identities.insert(connection.id().clone(), connection.clone());
        connection
    }

    pub(crate) fn forget(&self, id: &ConnectionId) {
        self.identities.remove(id);
    }
}

/// One invocation, as layers and extractors see it. Cloning costs reference counts.
#[derive(Clone)]
pub struct Call {
    event: Event,
    deadline: Instant,
    id: ConnectionId,
    services: Arc<Services>,
    connection: Option<Connection>,
    saving: Arc<AtomicBool>,
}

impl Call {
    pub(crate) fn new(event: Event, deadline: Instant, services: Arc<Services>) -> Self {
        Self {
            id: event.connection_id().into(),
            event,
            deadline,
            services,
            connection: None,
            saving: Arc::default(),
        }
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// When the answer must be out.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The connection's id.
    #[must_use]
    pub fn connection_id(&self) -> &ConnectionId {
        &self.id
    }

    /// The stored connection: what `$connect` accepted.
    ///
    /// # Errors
    /// `not_connected` when no row is stored for it, read consistently; or the store's failure.
    pub async fn connection(&self) -> Result<Connection, Error> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let not_connected = || Error::new("not_connected", "This connection is not known");
        self.services.find(&self.id).await?.ok_or_else(|| not_connected().with_status(410))
    }

    /// The same call, once its connection is known.
    pub(crate) fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = Some(connection);
        self
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.services.push.endpoint(&self.event)
    }

    /// Notes that a row may be stored from now on.
    pub(crate) fn start_saving(&self) {
        self.saving.store(true, Ordering::Relaxed);
    }

    pub(crate) fn may_be_saved(&self) -> bool {
        self.saving.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("event", &self.event).finish_non_exhaustive()
    }
}

//! One call on its way to a handler: the event, its deadline, and the services that all calls share.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use lift_event::{Event, EventKind};
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::{
    Accept, Connection, ConnectionId, Error,
    publish::SlowReaders,
    push::{Endpoint, Push},
    store::{Consistency, Item, Row, Store, StoreError},
};

/// The size of the connection cache. An entry has some 300 bytes.
const CACHED_CONNECTIONS: usize = 10_000;

/// Makes the identity of a connection from an event with an authorizer's context.
pub(crate) type AuthorizerIdentity = Arc<dyn Fn(&Event) -> Result<Accept, Error> + Send + Sync>;

/// What all calls of a process share.
pub(crate) struct Services {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) push: Arc<dyn Push>,
    /// Connections with a user. They never change, so a process reads each at most once.
    connections: Cache<ConnectionId, Connection>,
    pub(crate) slow: SlowReaders,
    authorizer_identity: Option<AuthorizerIdentity>,
}

impl Services {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        push: Arc<dyn Push>,
        authorizer_identity: Option<AuthorizerIdentity>,
    ) -> Self {
        let (connections, slow) = (Cache::new(CACHED_CONNECTIONS), SlowReaders::new());
        Self { store, push, connections, slow, authorizer_identity }
    }

    /// A connection by id, from the cache or the store.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Connection>, StoreError> {
        if let Some(known) = self.connections.get(id) {
            return Ok(Some(known));
        }
        let id = ConnectionId::from(id);
        let row = match self.store.get(&id, Consistency::Eventual).await? {
            Some(row) => Some(row),
            None => self.store.get(&id, Consistency::Consistent).await?,
        };
        let connection = row.map(|row| Connection(Arc::new(row)));
        connection.iter().for_each(|connection| self.remember(connection));
        Ok(connection)
    }

    /// Caches a connection, unless it is anonymous: it may still sign in.
    pub(crate) fn remember(&self, connection: &Connection) {
        if connection.user().is_some() {
            self.connections.insert(connection.id().clone(), connection.clone());
        }
    }

    pub(crate) fn forget(&self, id: &str) {
        self.connections.remove(id);
    }
}

/// One event with its deadline, as layers and extractors see it. Cloning it costs a reference count.
///
/// ```
/// use lift_ws::{App, Call, layer::{Next, from_fn}};
///
/// let log = from_fn(async |call: Call, next: Next| {
///     let left = call.deadline() - tokio::time::Instant::now();
///     println!("{} from {}, {left:?} left", call.event().route_key(), call.connection_id());
///     next.run(call).await
/// });
/// # let _ = App::new().layer(log);
/// ```
#[derive(Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    event: Event,
    deadline: Instant,
    services: Arc<Services>,
    /// The connection that `$connect` stored or `$disconnect` removed.
    connection: OnceLock<Connection>,
    /// Whether `$connect` may have stored a row.
    row_may_exist: AtomicBool,
    /// The items that `$disconnect` removed with the connection.
    items: OnceLock<Vec<Item>>,
}

impl Call {
    pub(crate) fn new(event: Event, deadline: Instant, services: Arc<Services>) -> Self {
        let (connection, row_may_exist) = (OnceLock::new(), AtomicBool::new(false));
        let items = OnceLock::new();
        Self(Arc::new(Inner { event, deadline, services, connection, row_may_exist, items }))
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.0.event
    }

    /// The moment at which the reply must be out.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The connection's id.
    #[must_use]
    pub fn connection_id(&self) -> ConnectionId {
        self.0.event.connection_id().into()
    }

    /// The stored connection, from the cache or the store.
    ///
    /// # Errors
    /// `not_connected` when a consistent read finds no row; `internal_error` when the store fails.
    pub async fn connection(&self) -> Result<Connection, Error> {
        if let Some(connection) = self.0.connection.get() {
            return Ok(connection.clone());
        }
        // `$connect` has no connection before it is stored, and `$disconnect` has the removed row.
        let message = self.event().kind() == EventKind::Message;
        if let Some(accept) = self.authorizer_identity()?.filter(|_| message) {
            let connection = Connection(Arc::new(self.row(accept)?));
            self.set_connection(connection.clone());
            return Ok(connection);
        }
        let found = self.services().find(self.event().connection_id()).await?;
        found.ok_or_else(Error::not_connected)
    }

    /// The identity from the authorizer's context, if the app uses it.
    pub(crate) fn authorizer_identity(&self) -> Result<Option<Accept>, Error> {
        let identity = self.services().authorizer_identity.as_ref();
        identity.map(|identity| identity(self.event())).transpose()
    }

    /// The row of the connection that `accept` accepts.
    pub(crate) fn row(&self, accept: Accept) -> Result<Row, Error> {
        Ok(Row {
            id: self.connection_id(),
            user: accept.user,
            tenant: accept.tenant,
            endpoint: self.endpoint(),
            connected_at: self.event().connected_at(),
            attributes: accept.attributes.transpose().map_err(Error::internal)?,
        })
    }

    /// Sets the call's connection, so that it needs no read.
    pub(crate) fn set_connection(&self, connection: Connection) {
        // A call stores or removes its connection once, so this is never set already.
        let _ = self.0.connection.set(connection);
    }

    /// Sets the items that were removed with the connection.
    pub(crate) fn set_items(&self, items: Vec<Item>) {
        let _ = self.0.items.set(items);
    }

    pub(crate) fn items(&self) -> Option<&Vec<Item>> {
        self.0.items.get()
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.services().push.endpoint(self.event())
    }

    /// From now on a row may be stored, so a refusal has to remove it.
    pub(crate) fn set_row_may_exist(&self) {
        self.0.row_may_exist.store(true, Ordering::Relaxed);
    }

    pub(crate) fn row_may_exist(&self) -> bool {
        self.0.row_may_exist.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("event", self.event()).finish_non_exhaustive()
    }
}

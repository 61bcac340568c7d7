//! One call on its way to a handler: the event, its deadline, and what the app offers to it.

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
    store::{Item, Read, Row, Store, StoreError},
};

/// How many identities a process keeps: some 300 bytes each.
const IDENTITIES: usize = 10_000;

/// Makes the identity of a connection from an event with an authorizer's context.
pub(crate) type AuthorizerIdentity = Arc<dyn Fn(&Event) -> Result<Accept, Error> + Send + Sync>;

/// What all calls of a process share.
pub(crate) struct Services {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) push: Arc<dyn Push>,
    /// Identities never change, so a warm process reads each at most once.
    identities: Cache<ConnectionId, Connection>,
    pub(crate) slow: SlowReaders,
    authorizer_identity: Option<AuthorizerIdentity>,
}

impl Services {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        push: Arc<dyn Push>,
        authorizer_identity: Option<AuthorizerIdentity>,
    ) -> Self {
        let (identities, slow) = (Cache::new(IDENTITIES), SlowReaders::new());
        Self { store, push, identities, slow, authorizer_identity }
    }

    /// A connection by id, from the cache or the store.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Connection>, StoreError> {
        if let Some(known) = self.identities.get(id) {
            return Ok(Some(known));
        }
        let id = ConnectionId::from(id);
        let row = match self.store.get(&id, Read::Eventual).await? {
            Some(row) => Some(row),
            None => self.store.get(&id, Read::Consistent).await?,
        };
        let connection = row.map(|row| Connection(Arc::new(row)));
        connection.iter().for_each(|connection| self.remember(connection));
        Ok(connection)
    }

    /// Keeps an identity, unless it is that of nobody: that one may still sign in.
    pub(crate) fn remember(&self, connection: &Connection) {
        if connection.user().is_some() {
            self.identities.insert(connection.id().clone(), connection.clone());
        }
    }

    pub(crate) fn forget(&self, id: &str) {
        self.identities.remove(id);
    }
}

/// One invocation, as layers and extractors see it. Cloning it costs a reference count.
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
    /// What `$connect` stored or `$disconnect` removed.
    connection: OnceLock<Connection>,
    saving: AtomicBool,
    /// What `$disconnect` removed beside the connection.
    items: OnceLock<Vec<Item>>,
}

impl Call {
    pub(crate) fn new(event: Event, deadline: Instant, services: Arc<Services>) -> Self {
        let (connection, saving) = (OnceLock::new(), AtomicBool::new(false));
        let items = OnceLock::new();
        Self(Arc::new(Inner { event, deadline, services, connection, saving, items }))
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.0.event
    }

    /// When the answer must be out.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The connection's id.
    #[must_use]
    pub fn connection_id(&self) -> ConnectionId {
        self.0.event.connection_id().into()
    }

    /// The stored connection: what `$connect` accepted.
    ///
    /// # Errors
    /// `not_connected` when no row is stored for it, read consistently; or the store's failure.
    pub async fn connection(&self) -> Result<Connection, Error> {
        if let Some(connection) = self.0.connection.get() {
            return Ok(connection.clone());
        }
        // Before it is stored nobody is connected, and what it was is known when it ends.
        let message = self.event().kind() == EventKind::Message;
        if let Some(accept) = self.authorizer_identity()?.filter(|_| message) {
            let connection = Connection(Arc::new(self.row(accept)?));
            self.set_connection(connection.clone());
            return Ok(connection);
        }
        let found = self.services().find(self.event().connection_id()).await?;
        found.ok_or_else(Error::not_connected)
    }

    /// Who the connection is by its authorizer's context, if the app takes it from there.
    pub(crate) fn authorizer_identity(&self) -> Result<Option<Accept>, Error> {
        let identity = self.services().authorizer_identity.as_ref();
        identity.map(|identity| identity(self.event())).transpose()
    }

    /// The row of the connection when it was accepted like this.
    pub(crate) fn row(&self, accept: Accept) -> Result<Row, Error> {
        Ok(Row {
            id: self.connection_id(),
            user: accept.user,
            tenant: accept.tenant,
            endpoint: self.endpoint(),
            connected_at: self.event().connected_at().as_millis(),
            attributes: accept.attributes.transpose().map_err(Error::internal)?,
        })
    }

    /// Notes the call's connection, once it is known without looking.
    pub(crate) fn set_connection(&self, connection: Connection) {
        // A call stores or removes its connection once.
        let _ = self.0.connection.set(connection);
    }

    /// Notes the items that the connection left.
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

    /// Notes that a row may be stored from now on.
    pub(crate) fn start_saving(&self) {
        self.0.saving.store(true, Ordering::Relaxed);
    }

    pub(crate) fn may_be_saved(&self) -> bool {
        self.0.saving.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("event", self.event()).finish_non_exhaustive()
    }
}

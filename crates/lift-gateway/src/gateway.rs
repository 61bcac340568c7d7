//! The shared state of all tasks of one gateway. Server, handshake, sessions, `@connections` and the
//! server handle each hold an [`Arc`] of it.

use std::{
    mem,
    sync::{Arc, RwLock},
};

use lift_local::Guard;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    FailureCause, GatewayEventKind, Id, Routes, Settings, backend::Integration,
    connection::Connections, sync, throttle::Buckets,
};

/// What all tasks of one gateway share.
pub(crate) struct Gateway {
    pub(crate) settings: Settings,
    /// The routes that were deployed last.
    routes: RwLock<Arc<Routes>>,
    /// The function of each route that has none of its own.
    backend: Option<Integration>,
    pub(crate) buckets: Buckets,
    /// The rule for calls of `@connections`.
    pub(crate) connections_guard: Guard,
    pub(crate) connections: Connections,
    /// Sessions and invocations. A shutdown waits for them.
    pub(crate) work: TaskTracker,
    /// Cancelled when the gateway shuts down.
    pub(crate) closing: CancellationToken,
    /// The port that clients connect to.
    pub(crate) port: u16,
}

impl Gateway {
    pub(crate) fn new(mut settings: Settings, backend: Option<Integration>, port: u16) -> Self {
        Self {
            buckets: Buckets::new(&settings),
            connections_guard: settings.connections.guard(),
            routes: RwLock::new(Arc::new(mem::take(&mut settings.routes))),
            settings,
            backend,
            connections: Connections::default(),
            work: TaskTracker::new(),
            closing: CancellationToken::new(),
            port,
        }
    }

    /// The routes as of now.
    pub(crate) fn routes(&self) -> Arc<Routes> {
        sync::read(&self.routes).clone()
    }

    /// Replaces the routes.
    pub(crate) fn deploy(&self, routes: Routes) {
        *sync::write(&self.routes) = Arc::new(routes);
    }

    /// `own`, or the function of the gateway.
    pub(crate) fn function<'a>(&'a self, own: Option<&'a Integration>) -> Option<&'a Integration> {
        own.or(self.backend.as_ref())
    }

    /// Tells the observer why a message or a handshake fails.
    pub(crate) fn failed(&self, connection: Id, invocation: Option<Id>, cause: FailureCause) {
        self.settings
            .observer
            .notify(connection, || GatewayEventKind::Failed { invocation, cause });
    }
}

//! Plays API Gateway for an app in memory: invokes it with events, and runs the `$disconnect` of the
//! connections that the app closes.

use std::{
    collections::HashMap,
    error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use lift_event::{DecodeError, Reply, limits::INTEGRATION_TIMEOUT};
use serde_json::Value;
use tokio::time::Instant;

use super::{Clock, RecordingPush};
use crate::{ConnectionId, Service, service::Invocation};

/// Clones share the app and its connections.
#[derive(Clone, Debug)]
pub(super) struct MemoryGateway {
    pub(super) service: Service,
    pub(super) push: RecordingPush,
    pub(super) clock: Clock,
    /// The `$disconnect` event of each open connection, for when the app closes it.
    disconnects: Arc<Mutex<HashMap<ConnectionId, Bytes>>>,
}

impl MemoryGateway {
    pub(super) fn new(service: Service, push: RecordingPush, clock: Clock) -> Self {
        Self { service, push, clock, disconnects: Arc::default() }
    }

    /// Invokes the app, and then with the `$disconnect` of each connection that the app closed meanwhile.
    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Reply, DecodeError> {
        let reply = self.call(payload).await?;
        self.end_closed().await;
        Reply::decode(&reply)
    }

    /// Invokes the app with the `$disconnect` of each connection that it closed.
    async fn end_closed(&self) {
        while let Some(closed) = self.push.next_closed() {
            if let Some(disconnect) = self.remove(&closed) {
                // API Gateway ignores what a `$disconnect` returns.
                let _ = self.call(disconnect).await;
            }
        }
    }

    /// Gives the app an event that belongs to no connection.
    pub(super) async fn invoke_other(
        &self,
        payload: Bytes,
    ) -> Result<Value, Box<dyn error::Error + Send + Sync>> {
        self.start().await;
        let deadline = Instant::now() + INTEGRATION_TIMEOUT;
        let result = self.service.call_other(Invocation::new(payload, deadline)).await;
        self.end_closed().await;
        result
    }

    /// Makes the app's state before the first call, as a function does before its first event.
    async fn start(&self) {
        if let Err(error) = self.service.start().await {
            panic!("{error:?}");
        }
    }

    async fn call(&self, payload: Bytes) -> Result<Vec<u8>, DecodeError> {
        self.start().await;
        let deadline = Instant::now() + INTEGRATION_TIMEOUT;
        self.service.call(Invocation::new(payload, deadline)).await
    }

    /// Opens a connection whose `$disconnect` event is known.
    pub(super) fn open(&self, id: &ConnectionId, disconnect: Bytes) {
        self.push.open(id);
        self.disconnects().insert(id.clone(), disconnect);
    }

    /// Removes the `$disconnect` event of a connection.
    pub(super) fn remove(&self, id: &ConnectionId) -> Option<Bytes> {
        self.disconnects().remove(id)
    }

    fn disconnects(&self) -> MutexGuard<'_, HashMap<ConnectionId, Bytes>> {
        self.disconnects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

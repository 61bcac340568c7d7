//! Posts what the inspector publishes to the gateway of this process, without HTTP, so that the fault proxies
//! do not apply and the reason of each failure is known.

use std::sync::Mutex;

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};
use lift_event::Event;
use lift_gateway::{Id, ServerHandle};
use lift_ws::{
    ConnectionId,
    push::{ConnectionInfo, Endpoint, Push, PushError},
};

use crate::lock::lock;

/// A publisher needs an endpoint; the gateway of this process has no other.
pub(super) const ENDPOINT: &str = "http://localhost";

/// Posts to the connections of the gateway of this process, and keeps why posts failed.
pub(super) struct GatewayPush {
    gateway: ServerHandle,
    /// By connection, the last reason of each.
    failures: Mutex<Vec<(String, String)>>,
}

impl GatewayPush {
    pub(super) fn new(gateway: ServerHandle) -> Self {
        Self { gateway, failures: Mutex::default() }
    }

    pub(super) fn failures(&self) -> Vec<(String, String)> {
        lock(&self.failures).clone()
    }

    fn send(&self, id: &ConnectionId, data: Bytes) -> Result<(), PushError> {
        // An id of another gateway, such as one that was stored by hand.
        let known = Id::parse(id.as_str()).ok_or_else(PushError::gone)?;
        let mut failures = lock(&self.failures);
        failures.retain(|(other, _)| other != id.as_str());
        self.gateway.post(known, data).map_err(|error| {
            if error.is_gone() {
                return PushError::gone();
            }
            failures.push((id.to_string(), error.to_string()));
            PushError::throttled()
        })
    }
}

impl Push for GatewayPush {
    fn endpoint(&self, _event: &Event) -> Endpoint {
        ENDPOINT.into()
    }

    fn post<'a>(
        &'a self,
        _to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        async move { self.send(id, data) }.boxed()
    }

    fn close<'a>(
        &'a self,
        _to: &'a Endpoint,
        _id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        async { Err(PushError::failed("the inspector only posts")) }.boxed()
    }

    fn info<'a>(
        &'a self,
        _to: &'a Endpoint,
        _id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        async { Err(PushError::failed("the inspector only posts")) }.boxed()
    }
}

//! A model of API Gateway: which connections are open, and the result of a post.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use lift_ws::{
    ConnectionId,
    event::Event,
    push::{ConnectionInfo, Endpoint, Push, PushError},
};
use tokio::time::sleep;

/// The state of a connection in API Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// `$connect` has not finished: a post gets 410, although the client is connected ([R-4.20]).
    Handshake,
    Open,
    Closed,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Gateway(Arc<Mutex<HashMap<ConnectionId, Phase>>>);

impl Gateway {
    pub(super) fn set(&self, id: &ConnectionId, phase: Phase) {
        self.phases().insert(id.clone(), phase);
    }

    pub(super) fn phase(&self, id: &ConnectionId) -> Phase {
        self.phases().get(id).copied().unwrap_or(Phase::Closed)
    }

    fn phases(&self) -> MutexGuard<'_, HashMap<ConnectionId, Phase>> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

impl Push for Gateway {
    fn endpoint(&self, _: &Event) -> Endpoint {
        "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into()
    }

    fn post<'a>(
        &'a self,
        _: &'a Endpoint,
        id: &'a ConnectionId,
        _: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(async move {
            sleep(Duration::from_millis(15)).await;
            match self.phase(id) {
                Phase::Open => Ok(()),
                Phase::Handshake | Phase::Closed => Err(PushError::gone()),
            }
        })
    }

    fn close<'a>(
        &'a self,
        _: &'a Endpoint,
        _: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        unreachable!("the app of these schedules closes no connection")
    }

    fn info<'a>(
        &'a self,
        _: &'a Endpoint,
        _: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        unreachable!("the app of these schedules reads no connection info")
    }
}

//! The test kit: an app in memory, with clients that connect, send and read what they received.
//! No socket, no AWS, no sleep.
//!
//! ```
//! use lift_ws::{App, Json, Text, test::Kit};
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let kit = Kit::new(App::new().default_route(async |Text(text): Text| text));
//! let ana = kit.connect("name=ana").await.unwrap();
//! ana.send("hello").await;
//! assert_eq!(ana.received(), ["hello"]);
//! # });
//! ```

mod client;
mod event;
mod push;

use std::{sync::Arc, time::Duration};

use lift_event::{DecodeError, Reply};
use tokio::time::Instant;

use crate::{
    App, Invocation, Service,
    store::{MemoryStore, Store},
};

pub use client::{Client, Refused};
pub use push::RecordingPush;

/// How long a call may take, as on Lambda behind API Gateway.
const TIMEOUT: Duration = Duration::from_secs(29);

/// An app in memory, behind what API Gateway would do.
#[derive(Clone, Debug)]
pub struct Kit {
    service: Service,
    push: RecordingPush,
}

impl Kit {
    /// Runs an app with a memory store.
    pub fn new<S: Send + Sync + 'static>(app: App<S>) -> Self {
        Self::with_store(app, Arc::new(MemoryStore::new()))
    }

    /// Runs an app with a store of one's own.
    pub fn with_store<S: Send + Sync + 'static>(app: App<S>, store: Arc<dyn Store>) -> Self {
        let push = RecordingPush::new();
        Self { service: app.into_service(store, Arc::new(push.clone())), push }
    }

    /// Connects a client with a query such as `name=ana&room=general`.
    ///
    /// # Errors
    /// When the app refuses.
    pub async fn connect(&self, query: &str) -> Result<Client, Refused> {
        self.connect_with_headers(query, &[]).await
    }

    /// Connects a client that sends headers.
    ///
    /// # Errors
    /// When the app refuses.
    pub async fn connect_with_headers(
        &self,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, Refused> {
        Client::connect(self.clone(), query, headers).await
    }

    /// Where the clients' frames are recorded, and faults can be set.
    #[must_use]
    pub fn push(&self) -> &RecordingPush {
        &self.push
    }

    /// Gives the app an event of one's own, such as a fixture, a duplicate or a late one.
    ///
    /// # Errors
    /// When it is not an event.
    pub async fn invoke(&self, payload: impl Into<bytes::Bytes>) -> Result<Reply, DecodeError> {
        let deadline = Instant::now() + TIMEOUT;
        let reply = self.service.call(Invocation { payload: payload.into(), deadline }).await?;
        Reply::decode(&reply)
    }
}

//! A push that records what each connection received, and that can inject faults.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_event::{Event, Timestamp};
use tokio::time::sleep;

use super::conversation::{Conversation, Line};
use crate::{
    ConnectionId,
    push::{ConnectionInfo, Endpoint, Push, PushError},
};

type Fault = Box<dyn FnMut(&ConnectionId) -> Option<PushError> + Send>;

/// Records what is posted. A post to a connection that is not open fails as with API Gateway: gone (410).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lift_ws::{App, push::PushError, test::Kit};
///
/// let kit = Kit::new(App::new().default_route(async || "welcome"));
/// let ana = kit.connect("").await.unwrap();
/// kit.push().set_fault(|_| Some(PushError::throttled()));
/// ana.send("hello").await;
/// assert!(ana.received().is_empty(), "the reply was throttled");
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RecordingPush(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    frames: HashMap<ConnectionId, Vec<Bytes>>,
    open: HashMap<ConnectionId, OpenConnection>,
    closed: Vec<ConnectionId>,
    /// Those of `closed` whose `$disconnect` has not run yet.
    without_disconnect: Vec<ConnectionId>,
    fault: Option<Fault>,
    delay: Duration,
    conversation: Conversation,
}

#[derive(Debug)]
struct OpenConnection {
    opened_at: Timestamp,
    last_active_at: Timestamp,
    endpoint: Option<Endpoint>,
}

impl RecordingPush {
    /// A push without open connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Injects faults: the function is called before each post, and returns the error of the post, if any.
    pub fn set_fault(
        &self,
        fault: impl FnMut(&ConnectionId) -> Option<PushError> + Send + 'static,
    ) {
        self.recorded().fault = Some(Box::new(fault));
    }

    /// Makes each post take some time, by tokio's clock.
    pub fn set_delay(&self, delay: Duration) {
        self.recorded().delay = delay;
    }

    /// Opens a connection, so that it can be posted to.
    pub fn open(&self, id: &ConnectionId) {
        let now = Timestamp::now();
        let connection = OpenConnection { opened_at: now, last_active_at: now, endpoint: None };
        self.recorded().open.insert(id.clone(), connection);
    }

    /// Ends a connection, so that it is gone. Returns whether it was open.
    pub fn end(&self, id: &ConnectionId) -> bool {
        self.recorded().open.remove(id).is_some()
    }

    /// Whether a connection can be posted to.
    #[must_use]
    pub fn is_open(&self, id: &ConnectionId) -> bool {
        self.recorded().open.contains_key(id)
    }

    /// The endpoint of the last post to an open connection.
    #[must_use]
    pub fn endpoint_of(&self, id: &ConnectionId) -> Option<Endpoint> {
        self.recorded().open.get(id)?.endpoint.clone()
    }

    /// Takes a connection that the app closed and whose `$disconnect` has not run yet.
    pub(super) fn next_closed(&self) -> Option<ConnectionId> {
        self.recorded().without_disconnect.pop()
    }

    /// The connections that the app closed, in order.
    #[must_use]
    pub fn closed(&self) -> Vec<ConnectionId> {
        self.recorded().closed.clone()
    }

    /// Takes the messages that a connection received since the last call.
    #[must_use]
    pub fn take(&self, id: &ConnectionId) -> Vec<Bytes> {
        self.recorded().frames.remove(id).unwrap_or_default()
    }

    pub(super) fn deliver(&self, id: &ConnectionId, data: Bytes) {
        self.recorded().receive(id, data);
    }

    pub(super) fn add_client(&self, id: &ConnectionId, name: Option<String>) {
        self.recorded().conversation.add_client(id, name);
    }

    pub(super) fn add_line(&self, id: &ConnectionId, line: Line) {
        self.recorded().conversation.add_line(id, line);
    }

    pub(super) fn conversation(&self, times: &RangeInclusive<Timestamp>) -> String {
        self.recorded().conversation.text(times)
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorded {
    fn post(&mut self, to: &Endpoint, id: &ConnectionId, data: Bytes) -> Result<(), PushError> {
        if let Some(error) = self.fault.as_mut().and_then(|fault| fault(id)) {
            return Err(error);
        }
        let Some(open) = self.open.get_mut(id) else { return Err(PushError::gone()) };
        open.last_active_at = Timestamp::now();
        open.endpoint = Some(to.clone());
        self.receive(id, data);
        Ok(())
    }

    fn receive(&mut self, id: &ConnectionId, data: Bytes) {
        self.conversation.add_line(id, Line::Receives(data.clone()));
        self.frames.entry(id.clone()).or_default().push(data);
    }
}

impl Push for RecordingPush {
    fn endpoint(&self, event: &Event) -> Endpoint {
        Endpoint::from(format!("memory://{}/{}", event.api_id(), event.stage()))
    }

    fn post<'a>(
        &'a self,
        to: &'a Endpoint,
        id: &'a ConnectionId,
        data: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        let delay = self.recorded().delay;
        let push = async move {
            if !delay.is_zero() {
                sleep(delay).await;
            }
            self.recorded().post(to, id, data)
        };
        push.boxed()
    }

    fn close<'a>(
        &'a self,
        _: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        let mut recorded = self.recorded();
        if recorded.open.remove(id).is_none() {
            return ready(Err(PushError::gone())).boxed();
        }
        recorded.conversation.add_line(id, Line::IsClosed);
        recorded.closed.push(id.clone());
        recorded.without_disconnect.push(id.clone());
        ready(Ok(())).boxed()
    }

    fn info<'a>(
        &'a self,
        _: &'a Endpoint,
        id: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        let recorded = self.recorded();
        let info = recorded.open.get(id).map(|open| ConnectionInfo {
            connected_at: open.opened_at,
            last_active_at: open.last_active_at,
            source_ip: "127.0.0.1".to_owned(),
            user_agent: None,
        });
        ready(info.ok_or_else(PushError::gone)).boxed()
    }
}

impl std::fmt::Debug for RecordingPush {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingPush").field("open", &self.recorded().open).finish_non_exhaustive()
    }
}

//! The pipeline of a call: bytes, event, route, layers, handler, reply, bytes. The Lambda loop, the test
//! kit and all other ways to run an app use [`Service::call`].

use std::{error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use lift_event::{
    DecodeError, ErrorMark, Event, EventKind, Reply,
    limits::{INTEGRATION_TIMEOUT, MESSAGE_BYTES},
};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    Call, Error,
    app::LateStates,
    call::Services,
    correlate::Correlation,
    describe::Description,
    error_reply::ErrorReplies,
    layer::Next,
    other_event::{OtherEvent, OtherHandler},
    route::CompiledRoutes,
};

/// How long before the deadline a handler is cancelled, so that its error frame can still be sent.
const HANDLER_MARGIN: Duration = Duration::from_millis(200);

/// How long before the deadline Lift stops to wait for a post or a removal that follows the handler.
const REPLY_MARGIN: Duration = Duration::from_millis(50);

pub use crate::app::StateError;

/// The input of one call.
///
/// ```
/// use lift_ws::service::Invocation;
/// use std::time::Duration;
/// use tokio::time::Instant;
///
/// let deadline = Instant::now() + Duration::from_secs(29);
/// let invocation = Invocation::new(r#"{"requestContext":{}}"#, deadline);
/// # let _ = invocation;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Invocation {
    /// The bytes of the event.
    pub payload: Bytes,
    /// When Lambda ends the invocation. A call ends after 29 seconds at the latest, because API
    /// Gateway waits no longer.
    pub deadline: Instant,
}

impl Invocation {
    /// An invocation with an event and the moment at which Lambda ends it.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>, deadline: Instant) -> Self {
        Self { payload: payload.into(), deadline }
    }
}

/// A finished app. Clones share it, and it runs any number of calls at the same time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::{sync::Arc, time::Duration};
/// use lift_ws::{App, service::Invocation, store::MemoryStore, test::RecordingPush};
/// use tokio::time::Instant;
///
/// let app = App::new().default_route(async || "hi").two_way();
/// let service = app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()));
/// let event = r#"{"requestContext":{"routeKey":"$default","eventType":"MESSAGE","stage":"prod",
///     "connectionId":"L0SM9cOFvHcCIhw=","requestId":"r","apiId":"a","domainName":"d","requestTime":"",
///     "requestTimeEpoch":0,"connectedAt":0},"body":"hello"}"#;
/// let deadline = Instant::now() + Duration::from_secs(29);
/// let reply = service.call(Invocation::new(event, deadline)).await.unwrap();
/// assert_eq!(reply, br#"{"statusCode":200,"body":"hi"}"#);
/// # }
/// ```
#[derive(Clone)]
pub struct Service {
    app: Arc<Compiled>,
    services: Arc<Services>,
    description: Arc<Description>,
}

/// The parts of a finished app.
pub(crate) struct Compiled {
    pub(crate) routes: CompiledRoutes,
    pub(crate) errors: Arc<ErrorReplies>,
    /// Whether connections are stored.
    pub(crate) managed: bool,
    pub(crate) correlation: Option<Correlation>,
    pub(crate) other_events: Option<OtherHandler>,
    pub(crate) late_states: LateStates,
}

impl Service {
    pub(crate) fn new(app: Compiled, description: Description, services: Services) -> Self {
        let (app, services) = (Arc::new(app), Arc::new(services));
        Self { app, services, description: Arc::new(description) }
    }

    /// Makes the states of [`App::with_state_from`](crate::App::with_state_from), once. A call does this too,
    /// but can only answer that it failed, so call it before the first event.
    ///
    /// # Errors
    /// When a state could not be made.
    pub async fn start(&self) -> Result<(), StateError> {
        self.app.late_states.make().await
    }

    /// Whether the app has a handler for events that belong to no connection.
    #[must_use]
    pub fn has_other_events(&self) -> bool {
        self.app.other_events.is_some()
    }

    /// Gives an event that belongs to no connection to the handler of
    /// [`App::other_events`](crate::App::other_events), and returns the result of the invocation.
    ///
    /// # Errors
    /// The handler's error, or that the app has none, or that its state could not be made.
    pub async fn call_other(
        &self,
        invocation: Invocation,
    ) -> Result<Value, Box<dyn error::Error + Send + Sync>> {
        let handler = self.app.other_events.as_ref();
        let handler = handler.ok_or("the app has no handler for events without a connection")?;
        self.start().await?;
        let Invocation { payload, deadline } = invocation;
        let services = self.app.managed.then(|| self.services.clone());
        handler(OtherEvent::new(payload, deadline, services)).await
    }

    /// Handles one event and returns the bytes of the reply.
    ///
    /// # Errors
    /// When the payload is not an event of a connection. All later errors, panics and missed deadlines
    /// are replies: they refuse a `$connect`, and send one error frame for a message.
    pub async fn call(&self, invocation: Invocation) -> Result<Vec<u8>, DecodeError> {
        let event = Event::decode(invocation.payload)?;
        Ok(self.answer(event, invocation.deadline).await.encode())
    }

    /// As [`call`](Self::call), and a reply that means an error is marked. For `lift dev` alone: API Gateway
    /// refuses a marked reply.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    #[doc(hidden)]
    pub async fn call_marked(&self, invocation: Invocation) -> Result<Vec<u8>, DecodeError> {
        let event = Event::decode(invocation.payload)?;
        Ok(self.answer(event, invocation.deadline).await.encode_marked())
    }

    /// The app's description of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    async fn answer(&self, event: Event, deadline: Instant) -> Reply {
        let route = self.app.routes.find(&event).clone();
        let two_way = route.two_way;
        let deadline = deadline.min(Instant::now() + INTEGRATION_TIMEOUT);
        let call = Call::new(event, deadline, self.services.clone());
        let reply = self.run(&call, Next::new(route, self.app.errors.clone())).await;
        let error = error_of(&reply);
        let answer = match call.event().kind() {
            EventKind::Connect => self.handshake(&call, reply).await,
            EventKind::Disconnect => Reply::new(200),
            EventKind::Message => self.deliver(&call, reply, two_way).await,
        };
        // An error after the handler's own is the one that counts.
        let error = answer.error().cloned().map(Box::new).or(error);
        answer.with_error(error)
    }

    /// Runs the layers and the handler, within the deadline, and catches panics of the layers.
    async fn run(&self, call: &Call, next: Next) -> Reply {
        if let Err(error) = self.start().await {
            return self.app.errors.reply(call.event(), &Error::internal(error));
        }
        let rest = AssertUnwindSafe(next.run(call.clone())).catch_unwind();
        let error = match timeout_at(before(call.deadline(), HANDLER_MARGIN), rest).await {
            Ok(Ok(reply)) => return reply,
            Ok(Err(panic)) => Error::panicked(&*panic),
            Err(_) => Error::new("timeout", "The server took too long").with_status(504),
        };
        self.app.errors.reply(call.event(), &error)
    }

    /// Sends a message's reply to its sender. API Gateway gets 200 in all cases: another status could
    /// make it send an error frame of its own.
    async fn deliver(&self, call: &Call, reply: Reply, two_way: bool) -> Reply {
        let mut error = None;
        let Some(mut body) = reply.into_body() else { return Reply::new(200) };
        if body.len() > MESSAGE_BYTES {
            let fault = Error::internal(format!("the reply has {} bytes", body.len()));
            let fault = self.app.errors.reply(call.event(), &fault);
            error = fault.error().cloned().map(Box::new);
            body = fault.into_body().unwrap_or_default();
        }
        if let Some(correlation) = &self.app.correlation {
            body = correlation.apply(call.event().body(), body);
        }
        if two_way {
            return Reply::new(200).with_body(body).with_error(error);
        }
        // On a one-way route API Gateway drops the body, so post it.
        let (endpoint, id) = (call.endpoint(), call.connection_id());
        let post = call.services().push.post(&endpoint, &id, body.into());
        match timeout_at(before(call.deadline(), REPLY_MARGIN), post).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.is_gone() => {}
            Ok(Err(error)) => {
                let endpoint = error.posted_to().unwrap_or(&endpoint).as_str();
                let cause = error.cause_text();
                tracing::warn!(
                    endpoint,
                    error = error.to_string(),
                    cause,
                    "a reply was not delivered"
                );
            }
            Err(_) => {
                let endpoint = endpoint.as_str();
                tracing::warn!(endpoint, "a reply was not delivered before the deadline");
            }
        }
        Reply::new(200).with_error(error)
    }

    /// Ensures that an accepted handshake has a stored row and a refused one has none.
    async fn handshake(&self, call: &Call, reply: Reply) -> Reply {
        if reply.is_success() {
            if call.row_may_exist() {
                return reply;
            }
            tracing::error!("a layer answered $connect with 2xx, but no connection is stored");
            return Reply::new(500);
        }
        if call.row_may_exist() && self.app.managed {
            let services = call.services();
            services.forget(call.event().connection_id());
            let id = call.connection_id();
            let removed = services.store.remove(&id);
            if let Ok(Err(error)) = timeout_at(before(call.deadline(), REPLY_MARGIN), removed).await
            {
                tracing::warn!(
                    error = error.to_string(),
                    "a refused connection stays stored until it expires"
                );
            }
        }
        // API Gateway drops the body of a refusal.
        Reply::new(reply.status())
    }
}

/// The error that a reply means. A layer and a handler in HTTP style may say it by the status alone.
fn error_of(reply: &Reply) -> Option<Box<ErrorMark>> {
    let status = reply.status();
    let by_status =
        || ErrorMark { code: status.to_string(), message: String::new(), internal: status >= 500 };
    let mark = reply.error().cloned().or_else(|| (status >= 400).then(by_status));
    mark.map(Box::new)
}

fn before(deadline: Instant, margin: Duration) -> Instant {
    deadline.checked_sub(margin).unwrap_or(deadline)
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("description", &self.description).finish_non_exhaustive()
    }
}

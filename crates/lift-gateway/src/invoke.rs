//! Runs the function for an event and sends the client its reply or an error frame. Called by the
//! handshake, the sessions and the server handle; calls the [`Backend`](crate::Backend).

use std::{pin::pin, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use lift_event::Reply;
use tokio::time::{Instant, timeout};

use crate::{
    BinaryMessages, FailureCause, GatewayEventKind, Id, InvokeError, MessageSource,
    ThrottledMessages,
    backend::Integration,
    connection::{CloseCause, Connection, MessageSlot},
    error_frame::ErrorFrame,
    event::{self, RequestInfo},
    gateway::Gateway,
    message::InboundMessage,
};

impl Gateway {
    /// Asks the function whether a client may connect, and passes its reply, or the status of the
    /// refusal, to `decide`. Returns when the function ended, which may be long after that.
    pub(crate) async fn connect<T>(
        &self,
        id: Id,
        payload: Bytes,
        decide: impl FnOnce(Result<Reply, StatusCode>) -> T,
    ) -> T {
        let undocumented = &self.settings.undocumented;
        let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
        let failed = status(undocumented.connect_error_status);
        let name = Id::random();
        let tell = |cause| self.failed(id, Some(name), cause);
        let mut invocation = pin!(self.invoke(id, name, "$connect", payload));
        match timeout(self.settings.limits.integration_timeout, &mut invocation).await {
            Ok(Ok(bytes)) => decide(Reply::decode(&bytes).map_err(|fault| {
                tracing::warn!(fault = fault.to_string(), "the reply to $connect is malformed");
                tell(FailureCause::Reply { reason: fault.to_string() });
                failed
            })),
            Ok(Err(error)) => {
                tracing::warn!(error = error.to_string(), "$connect failed");
                decide(Err(failed))
            }
            Err(_) => {
                tracing::warn!("$connect passed the integration time-out");
                tell(FailureCause::TimedOut { after: self.settings.limits.integration_timeout });
                let decided = decide(Err(status(undocumented.connect_timeout_status)));
                log("$connect", invocation.await);
                decided
            }
        }
    }

    /// Invokes the function of a message's route and replies. Frees `slot` when the client has its reply or
    /// error frame. A function that passes the integration time-out runs on.
    pub(crate) async fn message(
        self: Arc<Self>,
        connection: Arc<Connection>,
        message: InboundMessage,
        slot: MessageSlot,
    ) {
        let body = message.into_body();
        let (moment, message_id) = (RequestInfo::now(), Id::random());
        // There is one invocation per request, so both have the same id.
        let name = moment.request;
        let bad_body = self.settings.undocumented.bad_body;
        let fail = |failure: ErrorFrame| {
            let frame = failure.frame(connection.id, moment.request, message_id, bad_body);
            connection.reply(frame, false, MessageSource::Error)
        };
        let tell = |invocation, cause| self.failed(connection.id, invocation, cause);
        let routes = self.routes();
        let Some(route) = routes.find(&body.text) else {
            tell(None, routes.miss(&body.text));
            return fail(ErrorFrame::NoRoute).await;
        };
        if !self.buckets.message(route.key) {
            tell(None, FailureCause::Throttled { route: route.key.to_owned() });
            return match self.settings.undocumented.throttled {
                ThrottledMessages::Frame => fail(ErrorFrame::Throttled).await,
                ThrottledMessages::Close => connection.close(1008, "Too many requests"),
            };
        }
        if let Some(Err(fault)) = route.models.map(|models| models.check(&body.text)) {
            tracing::debug!(route = route.key, fault, "no model allows the message");
            tell(None, FailureCause::Model { route: route.key.to_owned(), reason: fault });
            return fail(ErrorFrame::BadBody).await;
        }
        let payload =
            event::message(&self.settings, &connection, route.key, &moment, message_id, &body);
        drop(body);
        let mut invocation = pin!(self.invoke(connection.id, name, route.key, payload));
        match timeout(self.settings.limits.integration_timeout, &mut invocation).await {
            Ok(Ok(bytes)) => match self.answer(&bytes, route.two_way) {
                Ok(Some((body, binary))) => {
                    connection.reply(body, binary, MessageSource::Reply).await
                }
                Ok(None) => {}
                Err(fault) => {
                    tracing::warn!(
                        route = route.key,
                        fault = fault.to_string(),
                        "the reply is malformed"
                    );
                    tell(Some(name), FailureCause::Reply { reason: fault });
                    fail(ErrorFrame::Function).await;
                }
            },
            Ok(Err(error)) => {
                tracing::warn!(
                    route = route.key,
                    error = error.to_string(),
                    "the message's invocation failed"
                );
                fail(ErrorFrame::Function).await;
            }
            Err(_) => {
                tracing::warn!(route = route.key, "the message passed the integration time-out");
                let after = self.settings.limits.integration_timeout;
                tell(Some(name), FailureCause::TimedOut { after });
                fail(ErrorFrame::TimedOut).await;
                drop(slot);
                log(route.key, invocation.await);
            }
        }
    }

    /// The body that a reply sends to the client, and whether it is a binary message. A malformed reply is
    /// an error on one-way routes, too.
    fn answer(&self, reply: &[u8], two_way: bool) -> Result<Option<(Bytes, bool)>, String> {
        let undocumented = &self.settings.undocumented;
        if undocumented.empty_replies && matches!(reply.trim_ascii(), b"null" | b"{}") {
            return Ok(None);
        }
        let reply = Reply::decode(reply).map_err(|fault| fault.to_string())?;
        if undocumented.one_way_error_frames && !two_way && reply.status() >= 400 {
            return Err(format!("its status is {}", reply.status()));
        }
        let binary = reply.is_base64() && undocumented.binary_messages == BinaryMessages::Base64;
        let body = reply.into_body().filter(|_| two_way);
        if body.as_ref().is_some_and(|body| body.len() > self.settings.limits.message_bytes) {
            return Err("the body is larger than a message may be".to_owned());
        }
        Ok(body.map(|body| (body.into(), binary)))
    }

    /// Invokes `$disconnect`, if the API has that route. The reply is ignored.
    pub(crate) async fn disconnect(&self, connection: &Connection, closed: &CloseCause) {
        let ghost = self.settings.undocumented.silent_clients_skip_disconnect
            && closed.code == 1006
            && connection.is_silent();
        if self.routes().contains("$disconnect") && !ghost {
            let payload = event::disconnect(&self.settings, connection, closed);
            log(
                "$disconnect",
                self.invoke(connection.id, Id::random(), "$disconnect", payload).await,
            );
        }
    }

    /// Runs the function of a route for a connection. The observer gets both events of invocation
    /// `name`.
    async fn invoke(
        &self,
        id: Id,
        name: Id,
        route: &str,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let result = self.run(name, route, payload.clone());
        self.observed(id, name, Some(route), payload, result).await
    }

    /// Runs the function of a route without telling the observer.
    pub(crate) async fn run(
        &self,
        name: Id,
        route: &str,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let routes = self.routes();
        self.call(routes.function(route), name, payload).await
    }

    /// Runs the authorizer's function `own`, or the gateway's if it has none.
    pub(crate) async fn authorize(
        &self,
        id: Id,
        own: Option<&Integration>,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let name = Id::random();
        let result = self.call(own, name, payload.clone());
        self.observed(id, name, None, payload, result).await
    }

    async fn call(
        &self,
        own: Option<&Integration>,
        name: Id,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        match self.function(own) {
            Some(function) => function.invoke_as(name, payload).await,
            None => Err(InvokeError::unavailable()),
        }
    }

    /// Tells the observer of an invocation, before and after. An authorizer has no route.
    async fn observed(
        &self,
        id: Id,
        invocation: Id,
        route: Option<&str>,
        payload: Bytes,
        result: impl Future<Output = Result<Bytes, InvokeError>>,
    ) -> Result<Bytes, InvokeError> {
        let observer = &self.settings.observer;
        if !observer.is_on() {
            drop(payload);
            return result.await;
        }
        let (route, started) = (route.map(str::to_owned), Instant::now());
        observer.notify(id, || GatewayEventKind::Invoked { invocation, route, payload });
        let result = result.await;
        let took = started.elapsed();
        observer.notify(id, || GatewayEventKind::Answered {
            invocation,
            took,
            result: result.clone(),
        });
        result
    }
}

/// Logs the error of an invocation whose result has no receiver.
fn log(route: &str, result: Result<Bytes, InvokeError>) {
    if let Err(error) = result {
        tracing::warn!(route, error = error.to_string(), "the invocation failed");
    }
}

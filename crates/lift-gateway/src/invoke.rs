//! Runs the function for an event and sends the client its reply or an error frame. Called by the
//! handshake, the sessions and the server handle; calls the [`Backend`](crate::Backend).

use std::{pin::pin, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use lift_event::Reply;
use tokio::time::{Instant, timeout};

use crate::{
    BinaryMessages, EVENT_LOG_TARGET, FailureCause, GatewayEventKind, Id, InvokeError,
    MessageSource, Outcome, ThrottledMessages,
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
        let invocation_id = Id::random();
        let report_failure = |cause| self.failed(id, Some(invocation_id), cause);
        let mut invocation = pin!(self.invoke(id, invocation_id, "$connect", payload));
        match timeout(self.settings.limits.integration_timeout, &mut invocation).await {
            Ok(Ok(bytes)) => decide(Reply::decode(&bytes).map_err(|error| {
                tracing::warn!(target: EVENT_LOG_TARGET, error = error.to_string(), "the reply to $connect is malformed");
                report_failure(FailureCause::Reply { reason: error.to_string() });
                failed
            })),
            Ok(Err(error)) => {
                tracing::warn!(target: EVENT_LOG_TARGET, error = error.to_string(), "$connect failed");
                decide(Err(failed))
            }
            Err(_) => {
                tracing::warn!(target: EVENT_LOG_TARGET, "$connect exceeded the integration timeout");
                report_failure(FailureCause::TimedOut {
                    after: self.settings.limits.integration_timeout,
                });
                let decided = decide(Err(status(undocumented.connect_timeout_status)));
                log("$connect", invocation.await);
                decided
            }
        }
    }

    /// Invokes the function of a message's route and replies. Frees `slot` when the client has its reply or
    /// error frame. A function that exceeds the integration timeout runs on.
    pub(crate) async fn message(
        self: Arc<Self>,
        connection: Arc<Connection>,
        message: InboundMessage,
        slot: MessageSlot,
    ) {
        let body = message.into_body();
        let (request_info, message_id) = (RequestInfo::new(), Id::random());
        // There is one invocation per request, so both have the same id.
        let invocation_id = request_info.request;
        let bad_body = self.settings.undocumented.bad_body;
        let fail = |failure: ErrorFrame| {
            let frame = failure.frame(connection.id, request_info.request, message_id, bad_body);
            connection.reply(frame, false, MessageSource::Error)
        };
        let report_failure = |invocation, cause| self.failed(connection.id, invocation, cause);
        let routes = self.routes();
        let Some(route) = routes.find(&body.text) else {
            report_failure(None, routes.no_route_cause(&body.text));
            return fail(ErrorFrame::NoRoute).await;
        };
        if !self.buckets.message(route.key) {
            report_failure(None, FailureCause::Throttled { route: route.key.to_owned() });
            return match self.settings.undocumented.throttled {
                ThrottledMessages::Frame => fail(ErrorFrame::Throttled).await,
                ThrottledMessages::Close => connection.close(1008, "Too many requests"),
            };
        }
        if let Some(Err(error)) = route.models.map(|models| models.check(&body.text)) {
            tracing::debug!(route = route.key, error, "no model allows the message");
            report_failure(
                None,
                FailureCause::Model { route: route.key.to_owned(), reason: error },
            );
            return fail(ErrorFrame::BadBody).await;
        }
        let payload = event::message(
            &self.settings,
            &connection,
            route.key,
            &request_info,
            message_id,
            &body,
        );
        drop(body);
        let mut invocation = pin!(self.invoke(connection.id, invocation_id, route.key, payload));
        match timeout(self.settings.limits.integration_timeout, &mut invocation).await {
            Ok(Ok(bytes)) => match self.reply_body(&bytes, route.two_way) {
                Ok(Some((body, binary))) => {
                    connection.reply(body, binary, MessageSource::Reply).await
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(
                        target: EVENT_LOG_TARGET,
                        route = route.key,
                        error = error.to_string(),
                        "the reply is malformed"
                    );
                    report_failure(Some(invocation_id), FailureCause::Reply { reason: error });
                    fail(ErrorFrame::Function).await;
                }
            },
            Ok(Err(error)) => {
                tracing::warn!(
                    target: EVENT_LOG_TARGET,
                    route = route.key,
                    error = error.to_string(),
                    "the message's invocation failed"
                );
                fail(ErrorFrame::Function).await;
            }
            Err(_) => {
                tracing::warn!(target: EVENT_LOG_TARGET, route = route.key, "the message exceeded the integration timeout");
                let after = self.settings.limits.integration_timeout;
                report_failure(Some(invocation_id), FailureCause::TimedOut { after });
                fail(ErrorFrame::TimedOut).await;
                drop(slot);
                log(route.key, invocation.await);
            }
        }
    }

    /// The body that a reply sends to the client, and whether it is a binary message. A malformed reply is
    /// an error on one-way routes, too.
    fn reply_body(&self, reply: &[u8], two_way: bool) -> Result<Option<(Bytes, bool)>, String> {
        let undocumented = &self.settings.undocumented;
        if undocumented.empty_replies && matches!(reply.trim_ascii(), b"null" | b"{}") {
            return Ok(None);
        }
        let reply = Reply::decode(reply).map_err(|error| error.to_string())?;
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
        let skips_disconnect = self.settings.undocumented.silent_clients_skip_disconnect
            && closed.code == 1006
            && connection.has_sent_nothing();
        if self.routes().contains("$disconnect") && !skips_disconnect {
            let payload = event::disconnect(&self.settings, connection, closed);
            log(
                "$disconnect",
                self.invoke(connection.id, Id::random(), "$disconnect", payload).await,
            );
        }
    }

    /// Runs the function of a route for a connection. The observer gets both events of invocation
    /// `invocation_id`.
    async fn invoke(
        &self,
        id: Id,
        invocation_id: Id,
        route: &str,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let outcome = self.run(invocation_id, route, payload.clone());
        self.observed(id, invocation_id, Some(route), payload, outcome).await
    }

    /// Runs the function of a route without a notice to the observer.
    pub(crate) async fn run(&self, invocation_id: Id, route: &str, payload: Bytes) -> Outcome {
        let routes = self.routes();
        self.call(routes.function(route), invocation_id, payload).await
    }

    /// Runs the authorizer's `function`, or the gateway's if it has none.
    pub(crate) async fn authorize(
        &self,
        id: Id,
        function: Option<&Integration>,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let invocation_id = Id::random();
        let outcome = self.call(function, invocation_id, payload.clone());
        self.observed(id, invocation_id, None, payload, outcome).await
    }

    async fn call(
        &self,
        function: Option<&Integration>,
        invocation_id: Id,
        payload: Bytes,
    ) -> Outcome {
        Outcome::of(match self.function(function) {
            Some(function) => function.invoke_as(invocation_id, payload).await,
            None => Err(InvokeError::unavailable()),
        })
    }

    /// Notifies the observer before and after an invocation. An authorizer has no route.
    async fn observed(
        &self,
        id: Id,
        invocation: Id,
        route: Option<&str>,
        payload: Bytes,
        outcome: impl Future<Output = Outcome>,
    ) -> Result<Bytes, InvokeError> {
        let observer = &self.settings.observer;
        if !observer.is_on() {
            drop(payload);
            return outcome.await.result;
        }
        let (route, started) = (route.map(str::to_owned), Instant::now());
        observer.notify(id, || GatewayEventKind::Invoked { invocation, route, payload });
        let outcome = outcome.await;
        let took = started.elapsed();
        observer.notify(id, || GatewayEventKind::Answered {
            invocation,
            took,
            result: outcome.result.clone(),
            error: outcome.error(),
        });
        outcome.result
    }
}

/// Logs the error of an invocation whose result has no receiver.
fn log(route: &str, result: Result<Bytes, InvokeError>) {
    if let Err(error) = result {
        tracing::warn!(target: EVENT_LOG_TARGET, route, error = error.to_string(), "the invocation failed");
    }
}

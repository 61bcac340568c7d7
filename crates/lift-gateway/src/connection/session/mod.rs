//! The task of an open connection: reads messages, sends queued messages, and keeps the timers.
//!
//! The task owns the socket. It never waits for the client to read: it polls writes beside the next
//! read.

#[cfg(test)]
mod random_lifetimes_test;
mod socket;
#[cfg(test)]
mod tests;

use std::{future::poll_fn, pin::pin, sync::Arc};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, coding::CloseCode};

use self::socket::{Read, Socket};
use crate::{
    BinaryMessages, GatewayEventKind, Limits,
    connection::{CloseCause, Connection, OutboundMessage, order::MessageScheduler},
    gateway::Gateway,
    message::InboundMessage,
};

/// Serves an accepted connection from the 101 to the end of its `$disconnect`, which runs exactly once.
/// `socket` is `None` if the client left before the 101.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    gateway: &Arc<Gateway>,
    connection: &Arc<Connection>,
    outbox: mpsc::UnboundedReceiver<OutboundMessage>,
    socket: Option<(S, Bytes)>,
) {
    let (closed, session) = match socket {
        Some((socket, early)) => {
            let session = Session::new(socket, early, connection.clone(), outbox, gateway);
            let (closed, session) = session.await.run(gateway).await;
            (closed, Some(session))
        }
        None => (CloseCause::lost(&gateway.settings), None),
    };
    gateway.connections.remove(connection.id);
    connection.close_queues();
    connection
        .notify(|| GatewayEventKind::Closed { code: closed.code, reason: closed.reason.clone() });
    let closing_handshake = async {
        if let Some(session) = session {
            session.close().await;
        }
    };
    tokio::join!(gateway.disconnect(connection, &closed), closing_handshake);
}

/// What the gateway sends in the closing handshake.
enum ClosingHandshake {
    /// Echo the client's close frame.
    Echo,
    /// Send a close frame and wait for the client's.
    Send(CloseFrame),
    /// Send a close frame and skip what the client sends, because it cannot be parsed any more.
    SendAndSkip(CloseFrame),
    /// No handshake: the client has gone.
    None,
}

/// The connection's socket and its queue.
struct Session<S> {
    socket: Socket<S>,
    connection: Arc<Connection>,
    limits: Limits,
    closing_handshake: ClosingHandshake,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// A session on an upgraded socket. `early` are the bytes that were read after the handshake.
    async fn new(
        socket: S,
        early: Bytes,
        connection: Arc<Connection>,
        outbox: mpsc::UnboundedReceiver<OutboundMessage>,
        gateway: &Gateway,
    ) -> Self {
        let limits = gateway.settings.limits.clone();
        let socket = Socket::new(socket, early, outbox, &limits).await;
        Self { socket, connection, limits, closing_handshake: ClosingHandshake::None }
    }

    /// Serves the connection until either side closes it. Returns the cause.
    async fn run(mut self, gateway: &Arc<Gateway>) -> (CloseCause, Self) {
        let connection = self.connection.clone();
        let undocumented = &gateway.settings.undocumented;
        let scheduler = MessageScheduler::new(gateway, &connection);
        let clock = &connection.clock;
        let opened = clock.now();
        let mut active = opened;
        let mut closing = pin!(connection.closing.cancelled());
        let mut timer = pin!(sleep_until(opened + self.limits.idle.min(self.limits.lifetime)));
        let mut advanced = pin!(clock.advanced());
        let mut slot = None;
        loop {
            if slot.is_none() {
                slot = connection.slots.clone().try_acquire_owned().ok();
            }
            // Without a free slot the socket is not read, which applies back-pressure.
            let reading = slot.is_some();
            let read = tokio::select! {
                read = poll_fn(|context| self.socket.poll(context, reading)) => read,
                freed = connection.slots.clone().acquire_owned(), if !reading => {
                    slot = freed.ok();
                    continue;
                }
                () = &mut closing => {
                    let (code, reason) = match connection.close_cause() {
                        Some((code, reason)) => (code.into(), reason),
                        None if !gateway.closing.is_cancelled() => {
                            (CloseCode::Normal, "Connection Closed Normally")
                        }
                        None => match undocumented.shutdown_code {
                            1012 => (CloseCode::Restart, "Service restart"),
                            code => (code.into(), "Going away"),
                        },
                    };
                    return self.close_with(code, reason);
                }
                () = &mut timer => {
                    // The timer is not reset for each message, so it may be early.
                    let due = (active + self.limits.idle).min(opened + self.limits.lifetime);
                    if clock.now() >= due {
                        return self.close_with(CloseCode::Away, "Going away");
                    }
                    timer.as_mut().reset(clock.to_tokio_instant(due));
                    continue;
                }
                () = &mut advanced => {
                    advanced.set(clock.advanced());
                    timer.as_mut().reset(Instant::now());
                    continue;
                }
            };
            match read {
                Read::Message(message) => {
                    active = clock.now();
                    connection.received(&message);
                    if matches!(message, InboundMessage::Binary(_))
                        && undocumented.binary_messages == BinaryMessages::Refused
                    {
                        return self.close_with(CloseCode::Unsupported, "Unsupported data");
                    }
                    if !connection.may_send() {
                        return self.close_with(CloseCode::Policy, "Too many requests");
                    }
                    if let Some(slot) = slot.take() {
                        scheduler.send(gateway, &connection, message, slot);
                    }
                }
                Read::Sent => {
                    active = clock.now();
                    connection.touch();
                }
                Read::Control if undocumented.pings_are_activity => active = clock.now(),
                Read::Control => {}
                Read::Close(frame) => {
                    self.closing_handshake = ClosingHandshake::Echo;
                    let closed = frame.map_or_else(
                        || CloseCause::new(1005, "Client-side close frame status not set"),
                        |frame| CloseCause::new(frame.code.into(), &frame.reason),
                    );
                    return (closed, self);
                }
                Read::Unreadable(code, reason) => {
                    self.closing_handshake = ClosingHandshake::SendAndSkip(frame(code, reason));
                    return (CloseCause::new(code.into(), reason), self);
                }
                Read::Lost => return (CloseCause::lost(&gateway.settings), self),
            }
        }
    }

    fn close_with(mut self, code: CloseCode, reason: &'static str) -> (CloseCause, Self) {
        self.closing_handshake = ClosingHandshake::Send(frame(code, reason));
        (CloseCause::new(code.into(), reason), self)
    }

    /// Performs the closing handshake, for at most the close timeout.
    async fn close(mut self) {
        let limit = self.limits.close_timeout;
        let closing_handshake = async {
            match self.closing_handshake {
                ClosingHandshake::Echo => self.socket.drain().await,
                ClosingHandshake::Send(frame) => {
                    // Queued messages go out before the close frame.
                    self.socket.send_rest().await;
                    self.socket.close(frame).await;
                    self.socket.drain().await;
                }
                ClosingHandshake::SendAndSkip(frame) => {
                    self.socket.close(frame).await;
                    self.socket.skip().await;
                }
                ClosingHandshake::None => {}
            }
        };
        // After the timeout the socket is dropped, which closes the TCP connection.
        let _ = timeout(limit, closing_handshake).await;
    }
}

fn frame(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

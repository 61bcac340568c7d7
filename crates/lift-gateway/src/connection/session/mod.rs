//! An open connection's socket: messages in to the integration, queued messages out, timers.
//!
//! One task owns the socket. It never waits for the client to read: what cannot be written yet
//! waits beside the next read.

#[cfg(test)]
mod schedules;
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
    connection::{Closed, Connection, Outgoing, order::Lane},
    gateway::Gateway,
    message::Incoming,
};

/// An accepted connection's life, from the 101 to the end of its `$disconnect`, which runs once
/// however the connection ends. `socket` is `None` when the client was gone before it began.
pub(crate) async fn live<S: AsyncRead + AsyncWrite + Unpin>(
    gateway: &Arc<Gateway>,
    connection: &Arc<Connection>,
    outbox: mpsc::UnboundedReceiver<Outgoing>,
    socket: Option<(S, Bytes)>,
) {
    let (closed, session) = match socket {
        Some((socket, early)) => {
            let session = Session::new(socket, early, connection.clone(), outbox, gateway);
            let (closed, session) = session.await.run(gateway).await;
            (closed, Some(session))
        }
        None => (Closed::lost(&gateway.settings), None),
    };
    gateway.connections.remove(connection.id);
    connection.end();
    connection
        .notify(|| GatewayEventKind::Closed { code: closed.code, reason: closed.reason.clone() });
    let farewell = async {
        if let Some(session) = session {
            session.farewell().await;
        }
    };
    tokio::join!(gateway.disconnect(connection, &closed), farewell);
}

/// How the socket is left.
enum Farewell {
    /// The client's close frame waits for its echo.
    Echo,
    /// A close frame is sent and the client's own is waited for.
    Close(CloseFrame),
    /// What the client sends cannot be read any more: a close frame is sent, the rest is skipped.
    Fail(CloseFrame),
    /// There is nobody to tell.
    None,
}

/// The connection's socket and its queue.
struct Session<S> {
    socket: Socket<S>,
    connection: Arc<Connection>,
    limits: Limits,
    farewell: Farewell,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// A session over a socket whose handshake is done; `early` is what was read behind it.
    async fn new(
        socket: S,
        early: Bytes,
        connection: Arc<Connection>,
        outbox: mpsc::UnboundedReceiver<Outgoing>,
        gateway: &Gateway,
    ) -> Self {
        let limits = gateway.settings.limits.clone();
        let socket = Socket::new(socket, early, outbox, &limits).await;
        Self { socket, connection, limits, farewell: Farewell::None }
    }

    /// Serves the connection until either side ends it, and says why it ended.
    async fn run(mut self, gateway: &Arc<Gateway>) -> (Closed, Self) {
        let connection = self.connection.clone();
        let undocumented = &gateway.settings.undocumented;
        let lane = Lane::new(gateway, &connection);
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
            // Without a free slot the socket is not read: that is what holds a flood back.
            let reading = slot.is_some();
            let read = tokio::select! {
                read = poll_fn(|context| self.socket.poll(context, reading)) => read,
                freed = connection.slots.clone().acquire_owned(), if !reading => {
                    slot = freed.ok();
                    continue;
                }
                () = &mut closing => {
                    let (code, reason) = match connection.verdict() {
                        Some((code, reason)) => (code.into(), reason),
                        None if !gateway.closing.is_cancelled() => {
                            (CloseCode::Normal, "Connection Closed Normally")
                        }
                        None => match undocumented.shutdown_code {
                            1012 => (CloseCode::Restart, "Service restart"),
                            code => (code.into(), "Going away"),
                        },
                    };
                    return self.end(code, reason);
                }
                () = &mut timer => {
                    // The timer is not moved for each message, so it may be early.
                    let due = (active + self.limits.idle).min(opened + self.limits.lifetime);
                    if clock.now() >= due {
                        return self.end(CloseCode::Away, "Going away");
                    }
                    timer.as_mut().reset(clock.when(due));
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
                    connection.heard(&message);
                    if matches!(message, Incoming::Binary(_))
                        && undocumented.binary_messages == BinaryMessages::Refused
                    {
                        return self.end(CloseCode::Unsupported, "Unsupported data");
                    }
                    if !connection.may_send() {
                        return self.end(CloseCode::Policy, "Too many requests");
                    }
                    if let Some(slot) = slot.take() {
                        lane.send(gateway, &connection, message, slot);
                    }
                }
                Read::Sent => {
                    active = clock.now();
                    connection.touch();
                }
                Read::Control if undocumented.pings_are_activity => active = clock.now(),
                Read::Control => {}
                Read::Close(frame) => {
                    self.farewell = Farewell::Echo;
                    let closed = frame.map_or_else(
                        || Closed::new(1005, "Client-side close frame status not set"),
                        |frame| Closed::new(frame.code.into(), &frame.reason),
                    );
                    return (closed, self);
                }
                Read::Unreadable(code, reason) => {
                    self.farewell = Farewell::Fail(frame(code, reason));
                    return (Closed::new(code.into(), reason), self);
                }
                Read::Lost => return (Closed::lost(&gateway.settings), self),
            }
        }
    }

    fn end(mut self, code: CloseCode, reason: &'static str) -> (Closed, Self) {
        self.farewell = Farewell::Close(frame(code, reason));
        (Closed::new(code.into(), reason), self)
    }

    /// Leaves the socket in good order, as far as the client takes part in it.
    async fn farewell(mut self) {
        let limit = self.limits.close_timeout;
        let parting = async {
            match self.farewell {
                Farewell::Echo => self.socket.drain().await,
                Farewell::Close(frame) => {
                    // What was queued before the close still goes out before it.
                    self.socket.send_rest().await;
                    self.socket.close(frame).await;
                    self.socket.drain().await;
                }
                Farewell::Fail(frame) => {
                    self.socket.close(frame).await;
                    self.socket.skip().await;
                }
                Farewell::None => {}
            }
        };
        // Past the limit the socket is dropped, which tells the client as well.
        let _ = timeout(limit, parting).await;
    }
}

fn frame(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

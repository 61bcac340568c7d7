//! A client's connection as the rest of the gateway sees it: who it is, and its queue of messages
//! to send. The socket itself belongs to the session.

mod clock;
mod order;
pub(crate) mod session;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};
use tokio_util::sync::CancellationToken;

use self::clock::Clock;
use crate::{
    BinaryPosts, ConnectionInfo, GatewayEventKind, MessageSource, Observer, Settings,
    handshake::grant::Granted, id::Id, limits::MESSAGE_OVERHEAD, message::Incoming,
    throttle::Bucket,
};

/// What a handshake leaves behind for the connection's events.
pub(crate) struct Client {
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// The host that the client connected to, checked to be one.
    pub(crate) host: String,
    /// Who it proved to be; boxed, because most prove nothing.
    pub(crate) granted: Option<Box<Granted>>,
}

/// One connection, from the handshake until its `$disconnect` ran.
pub(crate) struct Connection {
    pub(crate) id: Id,
    pub(crate) client: Client,
    /// Milliseconds since 1970.
    pub(crate) connected_at: u64,
    last_active: AtomicU64,
    /// The client has sent a message.
    spoke: AtomicBool,
    /// What its idle time and its age are counted by.
    pub(crate) clock: Clock,
    observer: Observer,
    /// Cancelled to close the connection from the gateway's side.
    pub(crate) closing: CancellationToken,
    /// The close code and reason for `closing`, when they are not the usual ones.
    verdict: OnceLock<(u16, &'static str)>,
    /// How often it may send.
    rate: Option<Bucket>,
    binary_posts: BinaryPosts,
    /// The bytes that may still wait for the client.
    room: Arc<Semaphore>,
    /// The messages that may still go to the function.
    pub(crate) slots: Arc<Semaphore>,
    total_room: usize,
    queue: mpsc::UnboundedSender<Outgoing>,
}

/// A message on its way to the client. It gives its room back when the socket took it.
pub(crate) struct Outgoing {
    pub(crate) data: Bytes,
    pub(crate) text: bool,
    _room: OwnedSemaphorePermit,
}

/// Why a connection ended, in the words of the `$disconnect` event ([R-1.2]).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Closed {
    pub(crate) fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }

    /// The client went without a close frame. AWS documents the code; the reason is not known.
    pub(crate) fn lost(settings: &Settings) -> Self {
        Self::new(1006, &settings.undocumented.lost_reason)
    }
}

/// Why a message was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The connection is closed.
    Gone,
    /// The client reads too slowly.
    Full,
}

impl Connection {
    /// A connection that is not open yet, and the queue that its session will read.
    pub(crate) fn new(
        client: Client,
        settings: &Settings,
        closing: CancellationToken,
    ) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        let (queue, outbox) = mpsc::unbounded_channel();
        let (now, limits) = (now(), &settings.limits);
        // A message of the largest size must fit, and a permit counts at most `u32::MAX`.
        let total_room = limits.buffered_bytes.max(limits.message_bytes + MESSAGE_OVERHEAD);
        let total_room = total_room.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        let connection = Self {
            id: Id::random(),
            client,
            connected_at: now,
            last_active: AtomicU64::new(now),
            spoke: AtomicBool::new(false),
            clock: Clock::default(),
            observer: settings.observer.clone(),
            closing,
            verdict: OnceLock::new(),
            rate: settings.throttles.connection.map(Bucket::new),
            binary_posts: settings.undocumented.binary_posts,
            room: Arc::new(Semaphore::new(total_room)),
            slots: Arc::new(Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            total_room,
            queue,
        };
        (connection, outbox)
    }

    /// Queues a message, unless the client is slow.
    pub(crate) fn post(&self, data: Bytes) -> Result<(), Refused> {
        let room = self.room.clone().try_acquire_many_owned(self.cost(&data));
        let room = room.map_err(|refused| match refused {
            TryAcquireError::Closed => Refused::Gone,
            TryAcquireError::NoPermits => Refused::Full,
        })?;
        self.queue(data, false, room, MessageSource::Post)
    }

    /// Queues what the client is owed for its own message: waits while the client is slow, and
    /// does nothing when it has gone.
    pub(crate) async fn reply(&self, data: Bytes, binary: bool, source: MessageSource) {
        let room = self.room.clone().acquire_many_owned(self.cost(&data)).await;
        if let Ok(room) = room {
            // A connection that closes meanwhile has nobody left to tell.
            let _ = self.queue(data, binary, room, source);
        }
    }

    /// What need not be binary is text if it can be.
    fn queue(
        &self,
        mut data: Bytes,
        binary: bool,
        room: OwnedSemaphorePermit,
        source: MessageSource,
    ) -> Result<(), Refused> {
        let mut text = !binary && std::str::from_utf8(&data).is_ok();
        if !text && !binary && self.binary_posts == BinaryPosts::LossyText {
            (data, text) = (String::from_utf8_lossy(&data).into_owned().into(), true);
        }
        // Told first, so that nobody hears of an answer to it before.
        self.notify(|| GatewayEventKind::Sent { data: data.clone(), source });
        self.queue.send(Outgoing { data, text, _room: room }).map_err(|_| Refused::Gone)
    }

    fn cost(&self, data: &Bytes) -> u32 {
        // `total_room` fits in 32 bits, so does whatever is not larger.
        (data.len() + MESSAGE_OVERHEAD).min(self.total_room) as u32
    }

    /// Closes the connection from the gateway's side, with a code of its own.
    pub(crate) fn close(&self, code: u16, reason: &'static str) {
        // Whoever came first decided how it ends.
        let _ = self.verdict.set((code, reason));
        self.closing.cancel();
    }

    /// The code and reason that [`close`](Self::close) gave.
    pub(crate) fn verdict(&self) -> Option<(u16, &'static str)> {
        self.verdict.get().copied()
    }

    /// Whether the client may send one more message now.
    pub(crate) fn may_send(&self) -> bool {
        self.rate.as_ref().is_none_or(Bucket::take)
    }

    /// Notes that a message came.
    pub(crate) fn heard(&self, message: &Incoming) {
        self.notify(|| match message {
            Incoming::Text(text) => {
                GatewayEventKind::Received { data: text.clone().into(), binary: false }
            }
            Incoming::Binary(data) => {
                GatewayEventKind::Received { data: data.clone(), binary: true }
            }
        });
        self.spoke.store(true, Ordering::Relaxed);
        self.touch();
    }

    /// Whether no message has come yet.
    pub(crate) fn is_silent(&self) -> bool {
        !self.spoke.load(Ordering::Relaxed)
    }

    /// Notes that a message passed, in either direction.
    pub(crate) fn touch(&self) {
        self.last_active.store(now(), Ordering::Relaxed);
    }

    /// When the last message passed, in milliseconds since 1970.
    pub(crate) fn last_active(&self) -> u64 {
        self.last_active.load(Ordering::Relaxed)
    }

    /// Tells who watches.
    pub(crate) fn notify(&self, kind: impl FnOnce() -> GatewayEventKind) {
        self.observer.notify(self.id, kind);
    }

    /// The connection, for who watches.
    pub(crate) fn info(&self) -> ConnectionInfo {
        let Client { source_ip, user_agent, host, granted } = &self.client;
        ConnectionInfo {
            id: self.id,
            source_ip: *source_ip,
            user_agent: user_agent.clone(),
            host: host.clone(),
            connected_at: self.connected_at,
            last_active: self.last_active(),
            authorizer: granted.as_ref().and_then(|granted| granted.authorizer.clone()),
        }
    }

    /// Refuses all that comes from now on, and wakes whoever waits for room.
    pub(crate) fn end(&self) {
        self.room.close();
        self.slots.close();
    }
}

/// The open connections: from the moment that the 101 goes out until the close is known.
#[derive(Default)]
pub(crate) struct Table(RwLock<HashMap<Id, Arc<Connection>>>);

impl Table {
    pub(crate) fn get(&self, id: Id) -> Option<Arc<Connection>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn insert(&self, connection: Arc<Connection>) {
        let mut open = self.0.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(connection.id, connection);
    }

    /// All of them, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Closes a connection with 1000; false when it was not open any more.
    pub(crate) fn close(&self, id: Id) -> bool {
        // Only who removes it closes it, so the second of two finds it gone.
        let mut open = self.0.write().unwrap_or_else(PoisonError::into_inner);
        open.remove(&id).inspect(|connection| connection.closing.cancel()).is_some()
    }

    /// Removes a connection; false when it was not open any more.
    pub(crate) fn remove(&self, id: Id) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id).is_some()
    }
}

/// A message's place among those of its connection. Dropped when the client has its answer.
pub(crate) struct Slot {
    _place: OwnedSemaphorePermit,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Slot {
    /// A place out of turn, if the connection has one free.
    pub(crate) fn now(connection: &Connection) -> Option<Self> {
        let place = connection.slots.clone().try_acquire_owned().ok()?;
        Some(Self { _place: place, _turn: None })
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    jiff::Timestamp::now().as_millisecond().try_into().unwrap_or_default()
}

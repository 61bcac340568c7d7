//! A connection: its client and its queue of messages to send. The [`session`] owns the socket.

mod clock;
mod order;
pub(crate) mod session;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, OnceLock, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use lift_event::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};
use tokio_util::sync::CancellationToken;

use self::clock::Clock;
use crate::{
    BinaryPosts, ConnectionInfo, GatewayEventKind, MessageSource, Observer, Settings,
    handshake::grant::Grant, id::Id, limits::MESSAGE_OVERHEAD, message::InboundMessage, sync,
    throttle::Bucket,
};

/// What the connection's events say of the client, from the handshake.
pub(crate) struct Client {
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// The validated `Host` header.
    pub(crate) host: String,
    /// What the client proved. Boxed, because most clients prove nothing.
    pub(crate) granted: Option<Box<Grant>>,
}

/// One connection, from the handshake until its `$disconnect` ran.
pub(crate) struct Connection {
    pub(crate) id: Id,
    pub(crate) client: Client,
    /// Milliseconds since 1970.
    pub(crate) connected_at: u64,
    last_active: AtomicU64,
    /// Whether the client has sent a message.
    sent_a_message: AtomicBool,
    /// Counts the idle time and the age.
    pub(crate) clock: Clock,
    observer: Observer,
    /// Cancelled to close the connection from the gateway's side.
    pub(crate) closing: CancellationToken,
    /// The close code and reason of `closing`, if [`close`](Self::close) set them.
    close_cause: OnceLock<(u16, &'static str)>,
    /// The rate of the client's messages.
    rate: Option<Bucket>,
    binary_posts: BinaryPosts,
    /// The bytes that may still be queued for the client.
    budget: Arc<Semaphore>,
    /// The messages that may still be given to the function.
    pub(crate) slots: Arc<Semaphore>,
    total_budget: usize,
    queue: mpsc::UnboundedSender<OutboundMessage>,
}

/// A message to the client. It frees its part of the byte budget when the socket has taken it.
pub(crate) struct OutboundMessage {
    pub(crate) data: Bytes,
    pub(crate) text: bool,
    _budget: OwnedSemaphorePermit,
}

/// The close code and reason of a connection, as in its `$disconnect` event ([R-1.2]).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CloseCause {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl CloseCause {
    pub(crate) fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }

    /// The client left without a close frame. AWS documents the code but no reason.
    pub(crate) fn lost(settings: &Settings) -> Self {
        Self::new(1006, &settings.undocumented.close_reason_1006)
    }
}

/// Why a message was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PostError {
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
    ) -> (Self, mpsc::UnboundedReceiver<OutboundMessage>) {
        let (queue, outbox) = mpsc::unbounded_channel();
        let (now, limits) = (now(), &settings.limits);
        // A message of the largest size must fit, and a permit counts at most `u32::MAX`.
        let total_budget = limits.buffered_bytes.max(limits.message_bytes + MESSAGE_OVERHEAD);
        let total_budget = total_budget.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        let connection = Self {
            id: Id::random(),
            client,
            connected_at: now,
            last_active: AtomicU64::new(now),
            sent_a_message: AtomicBool::new(false),
            clock: Clock::default(),
            observer: settings.observer.clone(),
            closing,
            close_cause: OnceLock::new(),
            rate: settings.throttles.messages_per_connection.map(Bucket::new),
            binary_posts: settings.undocumented.binary_posts,
            budget: Arc::new(Semaphore::new(total_budget)),
            slots: Arc::new(Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            total_budget,
            queue,
        };
        (connection, outbox)
    }

    /// Queues a message. Fails if the client reads too slowly.
    pub(crate) fn post(&self, data: Bytes) -> Result<(), PostError> {
        let budget = self.budget.clone().try_acquire_many_owned(self.cost(&data));
        let budget = budget.map_err(|refused| match refused {
            TryAcquireError::Closed => PostError::Gone,
            TryAcquireError::NoPermits => PostError::Full,
        })?;
        self.queue(data, false, budget, MessageSource::Post)
    }

    /// Queues the reply or error frame of a client's message. Waits while the client reads too slowly, and
    /// does nothing once the client has gone.
    pub(crate) async fn reply(&self, data: Bytes, binary: bool, source: MessageSource) {
        let budget = self.budget.clone().acquire_many_owned(self.cost(&data)).await;
        if let Ok(budget) = budget {
            // The connection may have closed meanwhile.
            let _ = self.queue(data, binary, budget, source);
        }
    }

    /// Queues a text message, unless `binary` is set or the data is not UTF-8.
    fn queue(
        &self,
        mut data: Bytes,
        binary: bool,
        budget: OwnedSemaphorePermit,
        source: MessageSource,
    ) -> Result<(), PostError> {
        let mut text = !binary && std::str::from_utf8(&data).is_ok();
        if !text && !binary && self.binary_posts == BinaryPosts::LossyText {
            (data, text) = (String::from_utf8_lossy(&data).into_owned().into(), true);
        }
        // The observer comes first, so that it sees the client's answer later.
        self.notify(|| GatewayEventKind::Sent { data: data.clone(), source });
        self.queue
            .send(OutboundMessage { data, text, _budget: budget })
            .map_err(|_| PostError::Gone)
    }

    fn cost(&self, data: &Bytes) -> u32 {
        // `total_budget` fits in 32 bits, and the result is not larger.
        (data.len() + MESSAGE_OVERHEAD).min(self.total_budget) as u32
    }

    /// Closes the connection from the gateway's side with this code and reason.
    pub(crate) fn close(&self, code: u16, reason: &'static str) {
        // The first call sets the code.
        let _ = self.close_cause.set((code, reason));
        self.closing.cancel();
    }

    /// The code and reason that [`close`](Self::close) gave.
    pub(crate) fn close_cause(&self) -> Option<(u16, &'static str)> {
        self.close_cause.get().copied()
    }

    /// Whether the client may send one more message now.
    pub(crate) fn may_send(&self) -> bool {
        self.rate.as_ref().is_none_or(Bucket::try_take)
    }

    /// Records that a message came.
    pub(crate) fn received(&self, message: &InboundMessage) {
        self.notify(|| match message {
            InboundMessage::Text(text) => {
                GatewayEventKind::Received { data: text.clone().into(), binary: false }
            }
            InboundMessage::Binary(data) => {
                GatewayEventKind::Received { data: data.clone(), binary: true }
            }
        });
        self.sent_a_message.store(true, Ordering::Relaxed);
        self.touch();
    }

    /// Whether no message has come yet.
    pub(crate) fn has_sent_nothing(&self) -> bool {
        !self.sent_a_message.load(Ordering::Relaxed)
    }

    /// Records that a message passed, in either direction.
    pub(crate) fn touch(&self) {
        self.last_active.store(now(), Ordering::Relaxed);
    }

    /// When the last message passed, in milliseconds since 1970.
    pub(crate) fn last_active(&self) -> u64 {
        self.last_active.load(Ordering::Relaxed)
    }

    /// Notifies the observer.
    pub(crate) fn notify(&self, kind: impl FnOnce() -> GatewayEventKind) {
        self.observer.notify(self.id, kind);
    }

    /// The connection, for observers.
    pub(crate) fn info(&self) -> ConnectionInfo {
        let Client { source_ip, user_agent, host, granted } = &self.client;
        ConnectionInfo {
            id: self.id,
            source_ip: *source_ip,
            user_agent: user_agent.clone(),
            host: host.clone(),
            connected_at: Timestamp::from_millis(self.connected_at),
            last_active: Timestamp::from_millis(self.last_active()),
            authorizer: granted.as_ref().and_then(|granted| granted.authorizer.clone()),
        }
    }

    /// Refuses all later messages, and wakes the tasks that wait to send one.
    pub(crate) fn close_queues(&self) {
        self.budget.close();
        self.slots.close();
    }
}

/// The open connections, from the 101 until the close is known.
#[derive(Default)]
pub(crate) struct Connections(RwLock<HashMap<Id, Arc<Connection>>>);

impl Connections {
    pub(crate) fn get(&self, id: Id) -> Option<Arc<Connection>> {
        sync::read(&self.0).get(&id).cloned()
    }

    pub(crate) fn insert(&self, connection: Arc<Connection>) {
        let mut open = sync::write(&self.0);
        open.insert(connection.id, connection);
    }

    /// All connections, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        sync::read(&self.0).values().cloned().collect()
    }

    /// Closes a connection with 1000; false when it was not open any more.
    pub(crate) fn close(&self, id: Id) -> bool {
        // Only the call that removes the connection closes it, so a second call finds it gone.
        let mut open = sync::write(&self.0);
        open.remove(&id).inspect(|connection| connection.closing.cancel()).is_some()
    }

    /// Removes a connection; false when it was not open any more.
    pub(crate) fn remove(&self, id: Id) -> bool {
        sync::write(&self.0).remove(&id).is_some()
    }
}

/// One of a connection's [`Limits::in_flight`](crate::Limits::in_flight) messages. Dropped when the client
/// has its reply.
pub(crate) struct MessageSlot {
    _slot_permit: OwnedSemaphorePermit,
    _serial_permit: Option<OwnedSemaphorePermit>,
}

impl MessageSlot {
    /// A slot that does not wait for earlier messages, if one is free.
    pub(crate) fn try_acquire(connection: &Connection) -> Option<Self> {
        let permit = connection.slots.clone().try_acquire_owned().ok()?;
        Some(Self { _slot_permit: permit, _serial_permit: None })
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    Timestamp::now().as_millis()
}

//! Which of a connection's messages go to the function, and when: at once up to a limit, or one
//! after the other (reference, section 5.6).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{Backend, MessageOrder, connection::Connection, event::Incoming, integration::Gateway};

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

/// Where a connection's messages go.
pub(crate) enum Lane {
    Concurrent,
    /// The queue of a task that hands them over, and outlives the socket.
    Serial(mpsc::UnboundedSender<(Incoming, OwnedSemaphorePermit)>),
}

impl Lane {
    pub(crate) fn new<B: Backend>(gateway: &Arc<Gateway<B>>, connection: &Arc<Connection>) -> Self {
        match gateway.settings.order {
            MessageOrder::Concurrent => Self::Concurrent,
            MessageOrder::Serial => {
                let (queue, waiting) = mpsc::unbounded_channel();
                gateway.work.spawn(one_by_one(gateway.clone(), connection.clone(), waiting));
                Self::Serial(queue)
            }
        }
    }

    /// Hands a message over. `place` bounds how many of them there are.
    pub(crate) fn send<B: Backend>(
        &self,
        gateway: &Arc<Gateway<B>>,
        connection: &Arc<Connection>,
        message: Incoming,
        place: OwnedSemaphorePermit,
    ) {
        match self {
            Self::Concurrent => {
                let slot = Slot { _place: place, _turn: None };
                gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
            }
            // The other end is there as long as this one.
            Self::Serial(queue) => drop(queue.send((message, place))),
        }
    }
}

async fn one_by_one<B: Backend>(
    gateway: Arc<Gateway<B>>,
    connection: Arc<Connection>,
    mut waiting: mpsc::UnboundedReceiver<(Incoming, OwnedSemaphorePermit)>,
) {
    let turns = Arc::new(Semaphore::new(1));
    while let Some((message, place)) = waiting.recv().await {
        // Nobody closes this semaphore.
        let turn = turns.clone().acquire_owned().await.ok();
        let slot = Slot { _place: place, _turn: turn };
        gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
    }
}

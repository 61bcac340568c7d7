//! Which of a connection's messages go to the function, and when: at once up to a limit, or one
//! after the other ([R-5.6.2]).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{Connection, Slot};
use crate::{MessageOrder, gateway::Gateway, message::Incoming};

/// Where a connection's messages go.
pub(crate) enum Lane {
    Concurrent,
    /// The queue of a task that hands them over, and outlives the socket.
    Serial(mpsc::UnboundedSender<(Incoming, OwnedSemaphorePermit)>),
}

impl Lane {
    pub(crate) fn new(gateway: &Arc<Gateway>, connection: &Arc<Connection>) -> Self {
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
    pub(crate) fn send(
        &self,
        gateway: &Arc<Gateway>,
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

async fn one_by_one(
    gateway: Arc<Gateway>,
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

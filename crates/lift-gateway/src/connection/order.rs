//! Schedules a connection's messages: at the same time up to a limit, or one after the other ([R-5.6.2]).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{Connection, MessageSlot};
use crate::{MessageOrder, gateway::Gateway, message::InboundMessage};

/// Gives a connection's messages to the function.
pub(crate) enum MessageScheduler {
    Concurrent,
    /// The queue of a task that takes one message at a time and outlives the socket.
    Serial(mpsc::UnboundedSender<(InboundMessage, OwnedSemaphorePermit)>),
}

impl MessageScheduler {
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

    /// Gives a message to the function. `place` bounds the number of messages.
    pub(crate) fn send(
        &self,
        gateway: &Arc<Gateway>,
        connection: &Arc<Connection>,
        message: InboundMessage,
        place: OwnedSemaphorePermit,
    ) {
        match self {
            Self::Concurrent => {
                let slot = MessageSlot { _place: place, _turn: None };
                gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
            }
            // The receiver lives as long as this sender.
            Self::Serial(queue) => drop(queue.send((message, place))),
        }
    }
}

async fn one_by_one(
    gateway: Arc<Gateway>,
    connection: Arc<Connection>,
    mut waiting: mpsc::UnboundedReceiver<(InboundMessage, OwnedSemaphorePermit)>,
) {
    let turns = Arc::new(Semaphore::new(1));
    while let Some((message, place)) = waiting.recv().await {
        // This semaphore is never closed.
        let turn = turns.clone().acquire_owned().await.ok();
        let slot = MessageSlot { _place: place, _turn: turn };
        gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
    }
}

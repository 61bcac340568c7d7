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

    /// Gives a message to the function. `permit` bounds the number of messages.
    pub(crate) fn send(
        &self,
        gateway: &Arc<Gateway>,
        connection: &Arc<Connection>,
        message: InboundMessage,
        permit: OwnedSemaphorePermit,
    ) {
        match self {
            Self::Concurrent => {
                let slot = MessageSlot { _slot_permit: permit, _serial_permit: None };
                gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
            }
            // The receiver lives as long as this sender.
            Self::Serial(queue) => drop(queue.send((message, permit))),
        }
    }
}

async fn one_by_one(
    gateway: Arc<Gateway>,
    connection: Arc<Connection>,
    mut waiting: mpsc::UnboundedReceiver<(InboundMessage, OwnedSemaphorePermit)>,
) {
    let serial = Arc::new(Semaphore::new(1));
    while let Some((message, permit)) = waiting.recv().await {
        // This semaphore is never closed.
        let serial_permit = serial.clone().acquire_owned().await.ok();
        let slot = MessageSlot { _slot_permit: permit, _serial_permit: serial_permit };
        gateway.work.spawn(gateway.clone().message(connection.clone(), message, slot));
    }
}

//! The users and tenants of connections by id, also after a connection closed and its row is gone, so
//! that old entries have names. Rows are read soon after a client connected, unless too many connect.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use lift_gateway::Id;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::rows::{Identity, Rows};

/// The most connections whose users are kept: more than a ring of entries names.
const MAX_KNOWN: usize = 20_000;

/// The most new connections that wait for a read. Of others, the row is read when a page lists them.
const MAX_WAITING: usize = 256;

/// The known users.
#[derive(Debug)]
pub(crate) struct Users {
    known: Mutex<Known>,
    opened: mpsc::Sender<Id>,
    /// Taken by the task that reads.
    reader: Mutex<Option<mpsc::Receiver<Id>>>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<Id, Identity>,
    /// The oldest first.
    order: VecDeque<Id>,
}

impl Default for Users {
    fn default() -> Self {
        let (opened, reader) = mpsc::channel(MAX_WAITING);
        Self { known: Mutex::default(), opened, reader: Mutex::new(Some(reader)) }
    }
}

impl Users {
    /// Keeps the user of a connection. A row without a user is not kept.
    pub(crate) fn learn(&self, id: Id, identity: &Identity) {
        if identity.user.is_none() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_id.insert(id, identity.clone()).is_none() {
            known.order.push_back(id);
        }
        if known.order.len() > MAX_KNOWN
            && let Some(oldest) = known.order.pop_front()
        {
            known.by_id.remove(&oldest);
        }
    }

    /// The user and the tenant of a connection, as far as they are known.
    pub(crate) fn of(&self, id: Id) -> Identity {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(&id).cloned().unwrap_or_default()
    }

    /// Lets the row of a new connection be read. Does not block.
    pub(crate) fn opened(&self, id: Id) {
        // A full queue leaves the row to the next list of connections.
        let _ = self.opened.try_send(id);
    }
}

/// Reads the rows of new connections, one after the other, until `stop`.
pub(crate) fn read_rows(users: Arc<Users>, rows: Arc<dyn Rows>, stop: CancellationToken) {
    let reader = users.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut reader) = reader else { return };
    tokio::spawn(async move {
        loop {
            let id = tokio::select! {
                () = stop.cancelled() => return,
                Some(id) = reader.recv() => id,
            };
            // A failed read is reported when a page lists the connections.
            if let Ok(identity) = rows.identity(id).await {
                users.learn(id, &identity);
            }
        }
    });
}

//! Groups calls of `@connections`: a message to a hundred members is one entry, not a hundred.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant, SystemTime},
};

use lift_gateway::Id;

use crate::dev::terminal::entry::{Calls, Entry};

/// Calls with the same method and status within this time are one entry.
const WINDOW: Duration = Duration::from_millis(100);

/// The groups that are still open, by method and status.
#[derive(Default)]
pub(crate) struct CallGroups(HashMap<(String, u16), CallGroup>);

struct CallGroup {
    calls: Calls,
    connections: HashSet<Id>,
    until: Instant,
}

/// One call.
pub(crate) struct Call {
    pub(crate) at: SystemTime,
    pub(crate) connection: Id,
    pub(crate) method: String,
    pub(crate) status: u16,
    pub(crate) bytes: usize,
}

impl CallGroups {
    /// Adds a call to its group.
    pub(crate) fn add(&mut self, now: Instant, call: Call) {
        let Call { at, connection, method, status, bytes } = call;
        let group = self.0.entry((method, status)).or_insert_with_key(|(method, _)| {
            let method = method.clone();
            let calls =
                Calls { at, method, status, count: 0, bytes: 0, connections: 0, connection };
            CallGroup { calls, connections: HashSet::new(), until: now + WINDOW }
        });
        group.calls.count += 1;
        group.calls.bytes += bytes;
        group.connections.insert(connection);
    }

    /// Moves the groups whose time is over to `out`.
    pub(crate) fn flush(&mut self, now: Instant, out: &mut Vec<Entry>) {
        for (_, CallGroup { calls, connections, .. }) in
            self.0.extract_if(|_, group| group.until <= now)
        {
            out.push(Entry::Calls(Calls { connections: connections.len(), ..calls }));
        }
    }

    /// When the next group is over.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.0.values().map(|group| group.until).min()
    }
}

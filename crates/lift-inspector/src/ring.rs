//! The newest entries, in bounded memory. The oldest are dropped first, and a reader gets the number of
//! entries that it missed.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use lift_gateway::Id;

use crate::{
    entry::Entry,
    record::{EntryKind, Record},
};

/// The bounds of the memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) entries: usize,
    /// The approximate size of all entries.
    pub(crate) bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 32 * 1024 * 1024 }
    }
}

/// The entries, numbered from 0 without a gap.
#[derive(Debug)]
pub(crate) struct Ring {
    bounds: Bounds,
    kept: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// The number of the next entry.
    next: u64,
    /// The events without a reply, of entries that are in memory.
    pending_events: HashMap<Id, PendingEvent>,
}

/// The fields that the log lines and the reply of an event take from it.
#[derive(Debug, Clone)]
struct PendingEvent {
    event: u64,
    connection: Option<Id>,
    route: Option<String>,
}

/// Consecutive entries.
#[derive(Debug)]
pub(crate) struct Batch {
    /// How many of the entries in the range were dropped.
    pub(crate) missed: u64,
    pub(crate) entries: Vec<Arc<Entry>>,
    /// The number to continue with.
    pub(crate) next: u64,
}

impl Ring {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, kept: VecDeque::new(), bytes: 0, next: 0, pending_events: HashMap::new() }
    }

    /// Adds an entry and returns its number.
    pub(crate) fn push(&mut self, mut record: Record) -> u64 {
        let number = self.next;
        let pending = record.invocation.and_then(|invocation| match record.kind {
            EntryKind::Reply => self.pending_events.remove(&invocation),
            _ => self.pending_events.get(&invocation).cloned(),
        });
        if let Some(PendingEvent { event, connection, route }) = pending {
            (record.event, record.connection, record.route) = (Some(event), connection, route);
        } else if let (EntryKind::Event, Some(invocation)) = (record.kind, record.invocation) {
            let (connection, route) = (record.connection, record.route.clone());
            self.pending_events
                .insert(invocation, PendingEvent { event: number, connection, route });
        }
        let entry = Arc::new(Entry { number, record });
        self.next += 1;
        self.bytes += entry.size();
        self.kept.push_back(entry);
        // An entry that is larger than the bound stays until the next one comes.
        while self.kept.len() > self.bounds.entries
            || (self.bytes > self.bounds.bytes && self.kept.len() > 1)
        {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.size();
            if let (EntryKind::Event, Some(invocation)) =
                (oldest.record.kind, oldest.record.invocation)
            {
                self.pending_events.remove(&invocation);
            }
        }
        number
    }

    /// The number of the oldest entry in memory, which is how many were dropped.
    pub(crate) fn first(&self) -> u64 {
        self.next - self.kept.len() as u64
    }

    /// The number of the next entry.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// At most `most` entries from number `from` on.
    pub(crate) fn read(&self, from: u64, most: usize) -> Batch {
        let start = from.clamp(self.first(), self.next);
        let skip = usize::try_from(start - self.first()).unwrap_or(usize::MAX);
        let entries: Vec<_> = self.kept.iter().skip(skip).take(most).cloned().collect();
        let next = start + entries.len() as u64;
        Batch { missed: start.saturating_sub(from), entries, next }
    }

    /// An entry, if it is in memory.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Entry>> {
        let index = number.checked_sub(self.first())?;
        self.kept.get(usize::try_from(index).ok()?).cloned()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use lift_gateway::{GatewayEvent, GatewayEventKind};

    use super::*;

    fn ring(entries: usize, bytes: usize) -> Ring {
        Ring::new(Bounds { entries, bytes })
    }

    fn frame(data: &str) -> Record {
        let what = GatewayEventKind::Received {
            data: Bytes::copy_from_slice(data.as_bytes()),
            binary: false,
        };
        seen(what)
    }

    fn seen(kind: GatewayEventKind) -> Record {
        let connection = Id::parse("R1kmxc2VNjMCFIA=").expect("an id");
        let event = GatewayEvent::new(connection, kind);
        Record::of(std::time::SystemTime::now(), &event).expect("worth a record")
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn a_reader_gets_the_number_of_dropped_entries() {
        let mut ring = ring(3, usize::MAX);
        assert!(ring.read(0, 10).entries.is_empty());
        for n in 0..5 {
            ring.push(frame(&n.to_string()));
        }
        let batch = ring.read(0, 2);
        assert_eq!((batch.missed, numbers(&batch), batch.next), (2, vec![2, 3], 4));
        let batch = ring.read(batch.next, 2);
        assert_eq!((batch.missed, numbers(&batch), batch.next), (0, vec![4], 5));
        // A number of another run of the program is past the end.
        assert_eq!((ring.read(99, 2).missed, ring.read(99, 2).next), (0, 5));
        assert!(ring.get(1).is_none() && ring.get(5).is_none());
        assert_eq!(ring.get(2).expect("kept").record.data, "2");
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut ring = ring(1000, 100_000);
        for _ in 0..100 {
            ring.push(frame(&"x".repeat(10_000)));
        }
        assert!((5..10).contains(&ring.kept.len()), "{}", ring.kept.len());
        assert!(ring.bytes <= 100_000);
        ring.push(frame(&"x".repeat(200_000)));
        assert_eq!(ring.kept.len(), 1, "one alone is kept, whatever its size");
        ring.push(frame("x"));
        assert_eq!((ring.kept.len(), ring.first()), (1, 101));
    }

    #[test]
    fn a_reply_knows_its_event() {
        let mut ring = ring(3, usize::MAX);
        let invocation = Id::parse("aaaaaaaaaaaaaaa=").expect("an id");
        let took = std::time::Duration::from_millis(5);
        let ask = || {
            seen(GatewayEventKind::Invoked {
                invocation,
                route: Some("say".to_owned()),
                payload: Bytes::new(),
            })
        };
        let answer = || {
            seen(GatewayEventKind::Answered {
                invocation,
                took,
                result: Ok(Bytes::new()),
                error: None,
            })
        };
        ring.push(ask());
        ring.push(answer());
        let reply = ring.get(1).expect("kept");
        assert_eq!((reply.record.event, reply.record.route.as_deref()), (Some(0), Some("say")));
        assert!(ring.pending_events.is_empty());
        // An event that is dropped before its reply leaves nothing behind.
        ring.push(ask());
        for _ in 0..3 {
            ring.push(frame("x"));
        }
        assert!(ring.pending_events.is_empty());
        ring.push(answer());
        assert_eq!(ring.read(0, 9).entries.last().expect("kept").record.event, None);
    }
}

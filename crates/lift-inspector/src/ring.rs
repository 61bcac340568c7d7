//! The last things that were seen, in a bounded memory: what is over the bound goes, the oldest first,
//! and whoever reads is told how many it missed.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use lift_gateway::Id;

use super::entry::{Entry, Kind, Note};

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) entries: usize,
    /// Of payloads and what goes with them.
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
    /// The events that wait for their reply; only of entries that are kept.
    waiting: HashMap<Id, Asked>,
}

/// What the lines and the reply of an event have from it.
#[derive(Debug, Clone)]
struct Asked {
    event: u64,
    connection: Option<Id>,
    route: Option<String>,
}

/// Some entries in a row.
#[derive(Debug)]
pub(crate) struct Batch {
    /// How many were asked for, but are kept no more.
    pub(crate) missed: u64,
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Where to go on.
    pub(crate) next: u64,
}

impl Ring {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, kept: VecDeque::new(), bytes: 0, next: 0, waiting: HashMap::new() }
    }

    /// Keeps one more, and answers its number.
    pub(crate) fn push(&mut self, mut note: Note) -> u64 {
        let number = self.next;
        let asked = note.invocation.and_then(|invocation| match note.kind {
            Kind::Reply => self.waiting.remove(&invocation),
            _ => self.waiting.get(&invocation).cloned(),
        });
        if let Some(Asked { event, connection, route }) = asked {
            (note.event, note.connection, note.route) = (Some(event), connection, route);
        } else if let (Kind::Event, Some(invocation)) = (note.kind, note.invocation) {
            let (connection, route) = (note.connection, note.route.clone());
            self.waiting.insert(invocation, Asked { event: number, connection, route });
        }
        let entry = Arc::new(Entry { number, note });
        self.next += 1;
        self.bytes += entry.size();
        self.kept.push_back(entry);
        // What comes alone over the bound is kept until the next: it is what is looked at.
        while self.kept.len() > self.bounds.entries
            || (self.bytes > self.bounds.bytes && self.kept.len() > 1)
        {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.size();
            if let (Kind::Event, Some(invocation)) = (oldest.note.kind, oldest.note.invocation) {
                self.waiting.remove(&invocation);
            }
        }
        number
    }

    /// The number of the oldest that is kept, which is also how many were dropped.
    pub(crate) fn first(&self) -> u64 {
        self.next - self.kept.len() as u64
    }

    /// The number of the next.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// At most so many from `from` on.
    pub(crate) fn read(&self, from: u64, most: usize) -> Batch {
        let start = from.clamp(self.first(), self.next);
        let skip = usize::try_from(start - self.first()).unwrap_or(usize::MAX);
        let entries: Vec<_> = self.kept.iter().skip(skip).take(most).cloned().collect();
        let next = start + entries.len() as u64;
        Batch { missed: start.saturating_sub(from), entries, next }
    }

    /// One of them, if it is kept.
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

    fn frame(data: &str) -> Note {
        let what = GatewayEventKind::Received {
            data: Bytes::copy_from_slice(data.as_bytes()),
            binary: false,
        };
        seen(what)
    }

    fn seen(kind: GatewayEventKind) -> Note {
        let connection = Id::parse("R1kmxc2VNjMCFIA=").expect("an id");
        let event = GatewayEvent::new(connection, kind);
        Note::of(std::time::SystemTime::now(), &event).expect("worth a note")
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn the_oldest_go_and_who_reads_is_told_how_many() {
        let mut ring = ring(3, usize::MAX);
        assert!(ring.read(0, 10).entries.is_empty());
        for n in 0..5 {
            ring.push(frame(&n.to_string()));
        }
        let batch = ring.read(0, 2);
        assert_eq!((batch.missed, numbers(&batch), batch.next), (2, vec![2, 3], 4));
        let batch = ring.read(batch.next, 2);
        assert_eq!((batch.missed, numbers(&batch), batch.next), (0, vec![4], 5));
        // Whoever comes from another run of the program starts anew.
        assert_eq!((ring.read(99, 2).missed, ring.read(99, 2).next), (0, 5));
        assert!(ring.get(1).is_none() && ring.get(5).is_none());
        assert_eq!(ring.get(2).expect("kept").note.data, "2");
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
        let answer =
            || seen(GatewayEventKind::Answered { invocation, took, result: Ok(Bytes::new()) });
        ring.push(ask());
        ring.push(answer());
        let reply = ring.get(1).expect("kept");
        assert_eq!((reply.note.event, reply.note.route.as_deref()), (Some(0), Some("say")));
        assert!(ring.waiting.is_empty());
        // An event that is forgotten before its reply leaves nothing behind.
        ring.push(ask());
        for _ in 0..3 {
            ring.push(frame("x"));
        }
        assert!(ring.waiting.is_empty());
        ring.push(answer());
        assert_eq!(ring.read(0, 9).entries.last().expect("kept").note.event, None);
    }
}

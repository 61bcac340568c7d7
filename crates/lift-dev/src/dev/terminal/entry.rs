//! What the terminal shows, before it is text: made by `events`, written by `pretty` and `json`.

use std::time::{Duration, SystemTime};

use lift_gateway::Id;

use crate::dev::terminal::failure::Failure;

/// One thing to show.
#[derive(Debug)]
pub(crate) enum Entry {
    /// An event, when it is over and all that belongs to it is known.
    Event(Box<Event>),
    /// An event that takes long; it is shown again when it is over.
    Running(Box<Event>),
    /// A line of the function that is shown by itself.
    Log(Log, Option<EventRef>),
    /// Messages that were posted to connections within a moment, or calls of `@connections` that had
    /// the same answer.
    Calls(Calls),
    /// What happened faster than it could be shown.
    Missed(u64),
    /// The last one: how many events there were.
    Total { total: u64, failed: u64, took: Duration },
}

/// One event of the app.
#[derive(Debug)]
pub(crate) struct Event {
    /// When it came.
    pub(crate) at: SystemTime,
    pub(crate) event_ref: EventRef,
    /// What the function answered; of `$connect`, what the client was answered.
    pub(crate) status: Option<u16>,
    /// The close code and reason, of `$disconnect`.
    pub(crate) closed: Option<(u16, String)>,
    /// How long the function took; `None` when it was not asked.
    pub(crate) took: Option<Duration>,
    /// The bytes of the client's message.
    pub(crate) message: Option<usize>,
    /// The bytes of what it got for it.
    pub(crate) reply: Option<usize>,
    pub(crate) failure: Option<Failure>,
    pub(crate) logs: Vec<Log>,
}

impl Event {
    /// An event of which nothing more is known.
    pub(crate) fn new(at: SystemTime, connection: Id, route: Option<String>) -> Self {
        Self {
            at,
            event_ref: EventRef { connection, route, request: None },
            status: None,
            closed: None,
            took: None,
            message: None,
            reply: None,
            failure: None,
            logs: Vec::new(),
        }
    }

    /// Whether it is of this route.
    pub(crate) fn is(&self, route: &str) -> bool {
        self.event_ref.route.as_deref() == Some(route)
    }

    /// The same event as far as it is known while it runs.
    pub(crate) fn copy(&self) -> Self {
        let EventRef { connection, route, request } = self.event_ref.clone();
        let mut copy = Self::new(self.at, connection, route);
        copy.event_ref.request = request;
        (copy.message, copy.closed) = (self.message, self.closed.clone());
        copy
    }

    /// Whether somebody has to look into it.
    pub(crate) fn failed(&self) -> bool {
        self.failure.is_some() || self.status.is_some_and(|status| status >= 500)
    }
}

/// Which event something belongs to.
#[derive(Debug, Clone)]
pub(crate) struct EventRef {
    pub(crate) connection: Id,
    /// `None` for the authorizer, and for a message that has no route.
    pub(crate) route: Option<String>,
    /// The request id that the function sees in the event.
    pub(crate) request: Option<String>,
}

/// One line that the function wrote.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) at: SystemTime,
    pub(crate) process: u64,
    pub(crate) text: String,
}

/// Calls of `@connections` with the same answer.
#[derive(Debug)]
pub(crate) struct Calls {
    /// When the first one came.
    pub(crate) at: SystemTime,
    pub(crate) method: String,
    pub(crate) status: u16,
    pub(crate) count: usize,
    /// The bytes of what was posted.
    pub(crate) bytes: usize,
    /// How many connections they were for.
    pub(crate) connections: usize,
    /// One of them.
    pub(crate) connection: Id,
}

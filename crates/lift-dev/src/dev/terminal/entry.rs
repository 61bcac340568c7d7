//! What the terminal shows: entries that `events` makes, and `pretty` and `json` write as text.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use lift_gateway::{Id, OutcomeError};
use lift_invoke::Source;

use crate::dev::terminal::{failed::Failed, failure::EventFailure};

/// One entry of the output.
#[derive(Debug)]
pub(crate) enum Entry {
    /// An event that has ended, with everything that belongs to it.
    Event(Box<Event>),
    /// An event that still runs. It is shown again when it has ended.
    Running(Box<Event>),
    /// A line of the function that is shown on its own.
    Log(Log, Option<EventRef>),
    /// Calls of `@connections` at about the same time, with the same method and status.
    Calls(Calls),
    /// The number of observed events that were dropped because the terminal was too slow.
    Missed(u64),
    /// The last entry: the number of events.
    Total { total: u64, failed: Failed, took: Duration },
}

/// One event of the app.
#[derive(Debug)]
pub(crate) struct Event {
    /// When it was invoked.
    pub(crate) at: SystemTime,
    pub(crate) event_ref: EventRef,
    /// The status of the reply. For `$connect`, the status that the client received.
    pub(crate) status: Option<u16>,
    /// The close code and reason of a `$disconnect`.
    pub(crate) closed: Option<(u16, String)>,
    /// How long the function took; `None` if it was not invoked.
    pub(crate) took: Option<Duration>,
    /// The size of the client's message, in bytes.
    pub(crate) message: Option<usize>,
    /// The size of the reply or error frame that the client received, in bytes.
    pub(crate) reply: Option<usize>,
    /// The error that the function's reply means.
    pub(crate) error: Option<OutcomeError>,
    pub(crate) failure: Option<EventFailure>,
    pub(crate) logs: Vec<Log>,
}

impl Event {
    /// An event, before anything else is known of it.
    pub(crate) fn new(at: SystemTime, connection: Id, route: Option<String>) -> Self {
        let connection = Some(connection);
        Self { event_ref: EventRef { connection, route, ..EventRef::default() }, ..Self::empty(at) }
    }

    fn empty(at: SystemTime) -> Self {
        Self {
            at,
            event_ref: EventRef::default(),
            status: None,
            closed: None,
            took: None,
            message: None,
            reply: None,
            error: None,
            failure: None,
            logs: Vec::new(),
        }
    }

    /// An event of another source than a connection.
    pub(crate) fn of_source(at: SystemTime, function: String, source: Source) -> Self {
        let event_ref = EventRef { invoked: Some((function, source)), ..EventRef::default() };
        Self { event_ref, ..Self::empty(at) }
    }

    /// Whether it is of this route.
    pub(crate) fn is(&self, route: &str) -> bool {
        self.event_ref.route.as_deref() == Some(route)
    }

    /// A copy with what is known while the event runs.
    pub(crate) fn copy(&self) -> Self {
        let (message, closed) = (self.message, self.closed.clone());
        Self { event_ref: self.event_ref.clone(), message, closed, ..Self::empty(self.at) }
    }

    /// The code of the event's error; `None` if it did not fail. The error of the function's reply says more
    /// than the gateway's failure.
    pub(crate) fn error_code(&self) -> Option<Cow<'_, str>> {
        if let Some(error) = &self.error {
            return Some((&*error.code).into());
        }
        if let Some(failure) = &self.failure {
            return Some(failure.code().into());
        }
        self.status.filter(|status| *status >= 500).map(|status| status.to_string().into())
    }
}

/// The event that something belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventRef {
    /// `None` for an event of another source.
    pub(crate) connection: Option<Id>,
    /// `None` for an authorizer, and for a message without a route.
    pub(crate) route: Option<String>,
    /// The request id in the event.
    pub(crate) request: Option<String>,
    /// The function and the source of an event without a connection.
    pub(crate) invoked: Option<(String, Source)>,
}

/// One line that the function wrote.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) at: SystemTime,
    pub(crate) process: u64,
    pub(crate) text: String,
}

/// Calls of `@connections` with the same method and status.
#[derive(Debug)]
pub(crate) struct Calls {
    /// When the first call came.
    pub(crate) at: SystemTime,
    pub(crate) method: String,
    pub(crate) status: u16,
    pub(crate) count: usize,
    /// The size of all posted messages, in bytes.
    pub(crate) bytes: usize,
    /// The number of connections.
    pub(crate) connections: usize,
    /// One of the connections.
    pub(crate) connection: Id,
}

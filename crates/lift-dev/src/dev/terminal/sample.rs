//! Entries for the tests of both formats.

use std::time::{Duration, SystemTime};

use lift_gateway::{Id, OutcomeError};
use lift_invoke::Source;

use crate::dev::terminal::entry::{Calls, Event, Log};

pub(crate) fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_356_187_412)
}

pub(crate) fn id() -> Id {
    Id::parse("R1kmxc2VIAMCJQw=").expect("an id")
}

/// An answered message.
pub(crate) fn message() -> Event {
    let mut event = Event::new(at(), id(), Some("say".to_owned()));
    event.event_ref.request = Some("S1kmxc2VIAMCJQw=".to_owned());
    event.status = Some(200);
    event.took = Some(Duration::from_micros(3142));
    (event.message, event.reply) = (Some(84), Some(1204));
    event.logs = vec![log("INFO said")];
    event
}

/// A message that the app answered with an error frame.
pub(crate) fn error() -> Event {
    let mut event = message();
    (event.reply, event.logs) = (None, Vec::new());
    let (code, message) = ("too_low".to_owned(), "Bid more than 5".to_owned());
    event.error = Some(OutcomeError { code, message, is_internal: false });
    event
}

/// A lost connection of an app without a `$disconnect` route.
pub(crate) fn disconnect() -> Event {
    let mut event = Event::new(at(), id(), Some("$disconnect".to_owned()));
    event.closed = Some((1006, "Connection lost".to_owned()));
    event
}

/// An event of a schedule.
pub(crate) fn scheduled() -> Event {
    let source = Source::Schedule("close".to_owned());
    let mut event = Event::of_source(at(), "chat".to_owned(), source);
    event.took = Some(Duration::from_millis(2));
    event.logs = vec![log("INFO closed")];
    event
}

pub(crate) fn log(text: &str) -> Log {
    Log { at: at(), process: 1, text: text.to_owned() }
}

pub(crate) fn posts(count: usize, connections: usize) -> Calls {
    let (method, status, bytes) = ("POST".to_owned(), 200, count * 120);
    Calls { at: at(), method, status, count, bytes, connections, connection: id() }
}

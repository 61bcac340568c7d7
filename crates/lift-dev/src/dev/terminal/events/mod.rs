//! From what is seen, one thing after the other, to entries: what belongs to one event is put
//! together, and what comes in crowds is counted.
//!
//! Pure: the time is an argument. An answered event waits for a moment if the client may get something
//! for it, which is told a little later.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use lift_event::Reply;
use lift_gateway::{FailureCause, GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource};

use crate::{
    dev::terminal::{
        calls::{Call, CallGroups},
        entry::{Entry, Event, Log},
        failure::Failure,
    },
    observe::{Observed, ObservedKind},
};

/// How long what the client gets for an answered event is waited for. It comes at once, or not at all.
const SETTLE: Duration = Duration::from_millis(100);

/// How long the `$disconnect` of a connection that ended is waited for, in case there is such a route.
const CLOSING: Duration = Duration::from_secs(1);

/// An event that takes longer is shown before it is over.
const SLOW: Duration = Duration::from_millis(500);

/// An event whose end was missed is forgotten after so long, which is more than any may take.
const LOST: Duration = Duration::from_secs(120);

/// What is not complete yet.
#[derive(Default)]
pub(crate) struct Events {
    /// Events that the function works on, by invocation.
    open: HashMap<Id, Open>,
    /// Events that are answered, the first one first.
    answered: Vec<Answered>,
    /// How connections ended whose `$disconnect` has not come yet.
    closing: HashMap<Id, Closing>,
    /// Connections whose client sent bytes that are no text.
    binary: HashSet<Id>,
    groups: CallGroups,
}

struct Open {
    since: Instant,
    event: Box<Event>,
    /// It was shown already, so its lines are shown as they come.
    shown: bool,
}

struct Answered {
    invocation: Option<Id>,
    event: Box<Event>,
    /// The function's reply, and its body, which a two-way route sends to the client.
    reply: Bytes,
    body: Option<Vec<u8>>,
    until: Instant,
}

struct Closing {
    event: Box<Event>,
    until: Instant,
}

impl Events {
    /// Takes in what was seen, and adds what is complete by it to `out`.
    pub(crate) fn see(&mut self, now: Instant, seen: Observed, out: &mut Vec<Entry>) {
        let at = seen.at;
        match seen.kind {
            ObservedKind::Line { process, invocation, text } => {
                self.line(invocation, Log { at, process, text }, out);
            }
            ObservedKind::Gateway(GatewayEvent { connection, kind, .. }) => {
                self.happen(now, at, connection, kind, out);
            }
        }
    }

    /// Adds what has waited for long enough.
    pub(crate) fn pass(&mut self, now: Instant, out: &mut Vec<Entry>) {
        for answered in self.answered.extract_if(.., |answered| answered.until <= now) {
            out.push(Entry::Event(answered.event));
        }
        for (_, closing) in self.closing.extract_if(|_, closing| closing.until <= now) {
            out.push(Entry::Event(closing.event));
        }
        self.groups.pass(now, out);
        self.open.retain(|_, open| now < open.since + LOST);
        for open in self.open.values_mut() {
            if !open.shown && open.since + SLOW <= now {
                open.shown = true;
                let running =
                    Event { logs: std::mem::take(&mut open.event.logs), ..open.event.copy() };
                out.push(Entry::Running(Box::new(running)));
            }
        }
    }

    /// Adds all that is not complete, for nothing more will come.
    pub(crate) fn end(&mut self, now: Instant, out: &mut Vec<Entry>) {
        self.pass(now + LOST, out);
    }

    /// When [`pass`](Self::pass) has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        let answered = self.answered.iter().map(|answered| answered.until);
        let closing = self.closing.values().map(|closing| closing.until);
        let slow = self.open.values().map(|open| open.since + if open.shown { LOST } else { SLOW });
        answered.chain(closing).chain(self.groups.due()).chain(slow).min()
    }

    fn line(&mut self, invocation: Option<Id>, log: Log, out: &mut Vec<Entry>) {
        let Some(invocation) = invocation else { return out.push(Entry::Log(log, None)) };
        if let Some(open) = self.open.get_mut(&invocation) {
            match open.shown {
                false => open.event.logs.push(log),
                true => out.push(Entry::Log(log, Some(open.event.event_ref.clone()))),
            }
        } else if let Some(answered) = self.answered(invocation) {
            answered.event.logs.push(log);
        } else {
            out.push(Entry::Log(log, None));
        }
    }

    fn happen(
        &mut self,
        now: Instant,
        at: SystemTime,
        connection: Id,
        kind: GatewayEventKind,
        out: &mut Vec<Entry>,
    ) {
        match kind {
            GatewayEventKind::Invoked { invocation, route, payload } => {
                let mut event = Box::new(Event::new(at, connection, route));
                if let Ok(payload) = lift_event::Event::decode(payload) {
                    event.event_ref.request = Some(payload.request_id().to_owned());
                    event.message = payload.message_id().map(|_| payload.body().len());
                }
                if event.is("$disconnect")
                    && let Some(closing) = self.closing.remove(&connection)
                {
                    (event.closed, event.failure) = (closing.event.closed, closing.event.failure);
                }
                self.open.insert(invocation, Open { since: now, event, shown: false });
            }
            GatewayEventKind::Answered { invocation, took, result } => {
                if let Some(Open { mut event, .. }) = self.open.remove(&invocation) {
                    event.took = Some(took);
                    self.answer(now, invocation, event, result, out);
                }
            }
            GatewayEventKind::Failed { invocation: Some(invocation), cause } => {
                self.fail(now, invocation, cause);
            }
            GatewayEventKind::Failed { invocation: None, cause } => {
                let route = match &cause {
                    FailureCause::Throttled { route } | FailureCause::Model { route, .. } => {
                        Some(route.clone())
                    }
                    FailureCause::NoRoute { selected, .. } => selected.clone(),
                    _ => None,
                };
                self.failed(now, Box::new(Event::new(at, connection, route)), cause);
            }
            GatewayEventKind::Opened(_) => self.connect(at, connection, 101, out),
            GatewayEventKind::Refused { status, .. } => {
                self.connect(at, connection, status.as_u16(), out)
            }
            GatewayEventKind::Received { binary: true, .. } => drop(self.binary.insert(connection)),
            GatewayEventKind::Sent { data, source: MessageSource::Post } => {
                let (method, bytes) = ("POST".to_owned(), data.len());
                self.groups.add(now, Call { at, connection, method, status: 200, bytes });
            }
            GatewayEventKind::Sent { data, source: MessageSource::Reply } => {
                self.sent(&data, |a| a.body.as_deref() == Some(&*data), connection, out);
            }
            GatewayEventKind::Sent { data, source: MessageSource::Error } => {
                self.sent(&data, |a| a.event.failure.is_some(), connection, out);
            }
            // These were seen as they were sent.
            GatewayEventKind::Called { method, status } if method == "POST" && status == 200 => {}
            GatewayEventKind::Called { method, status } => {
                let (method, status) = (method.to_string(), status.as_u16());
                self.groups.add(now, Call { at, connection, method, status, bytes: 0 });
            }
            GatewayEventKind::Closed { code, reason } => {
                let route = Some("$disconnect".to_owned());
                let mut event = Box::new(Event::new(at, connection, route));
                event.closed = Some((code, reason));
                event.failure = self.binary.remove(&connection).then_some(Failure::Binary);
                self.closing.insert(connection, Closing { event, until: now + CLOSING });
            }
            // Its size is in the event, or it comes to nothing, which is told.
            GatewayEventKind::Received { binary: false, .. } => {}
            _ => {}
        }
    }

    /// The function answered. What the client gets for it is told a moment later, if it gets anything.
    fn answer(
        &mut self,
        now: Instant,
        invocation: Id,
        mut event: Box<Event>,
        result: Result<Bytes, InvokeError>,
        out: &mut Vec<Entry>,
    ) {
        let (mut reply, mut body) = (Bytes::new(), None);
        match result {
            Ok(bytes) => {
                if let Ok(reply) = Reply::decode(&bytes) {
                    event.status = Some(reply.status());
                    body = reply.into_body();
                }
                reply = bytes;
            }
            Err(error) => event.failure = Some(Failure::Invoke(error)),
        }
        let good = event.status.is_some_and(|status| status < 400);
        let is_authorizer = event.event_ref.route.is_none() && event.failure.is_none();
        let nothing_comes = is_authorizer || !event.is("$connect") && good && body.is_none();
        if nothing_comes || event.is("$disconnect") {
            return out.push(Entry::Event(event));
        }
        let (invocation, until) = (Some(invocation), now + SETTLE);
        self.answered.push(Answered { invocation, event, reply, body, until });
    }

    /// The gateway does not take the function's answer, or waits no longer for it.
    fn fail(&mut self, now: Instant, invocation: Id, cause: FailureCause) {
        if let Some(open) = self.open.get_mut(&invocation) {
            // It is shown now, and once more when it is answered.
            open.shown = true;
            let mut event = Box::new(open.event.copy());
            event.logs = std::mem::take(&mut open.event.logs);
            self.failed(now, event, cause);
        } else if let Some(answered) = self.answered(invocation) {
            let reply = answered.reply.to_vec();
            answered.event.failure = Some(Failure::Gateway(cause, reply));
        }
    }

    fn failed(&mut self, now: Instant, mut event: Box<Event>, cause: FailureCause) {
        event.failure = Some(Failure::Gateway(cause, Vec::new()));
        let (reply, until) = (Bytes::new(), now + SETTLE);
        self.answered.push(Answered { invocation: None, event, reply, body: None, until });
    }

    fn answered(&mut self, invocation: Id) -> Option<&mut Answered> {
        self.answered.iter_mut().find(|answered| answered.invocation == Some(invocation))
    }

    /// A client was answered.
    fn connect(&mut self, at: SystemTime, connection: Id, status: u16, out: &mut Vec<Entry>) {
        let is_it =
            |a: &Answered| a.event.event_ref.connection == connection && a.event.is("$connect");
        let mut event = match self.answered.iter().position(is_it) {
            Some(place) => self.answered.remove(place).event,
            // There is no such route, or the client did not come as far as it.
            None => Box::new(Event::new(at, connection, Some("$connect".to_owned()))),
        };
        event.status = Some(status);
        out.push(Entry::Event(event));
    }

    /// The client got something for its message.
    fn sent(
        &mut self,
        data: &Bytes,
        is_for: impl Fn(&Answered) -> bool,
        connection: Id,
        out: &mut Vec<Entry>,
    ) {
        let is_it = |a: &Answered| {
            a.event.event_ref.connection == connection && a.event.reply.is_none() && is_for(a)
        };
        if let Some(place) = self.answered.iter().position(is_it) {
            let Answered { mut event, .. } = self.answered.remove(place);
            event.reply = Some(data.len());
            out.push(Entry::Event(event));
        }
    }
}

#[cfg(test)]
mod tests;

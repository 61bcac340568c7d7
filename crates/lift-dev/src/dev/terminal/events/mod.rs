//! Turns observed events into entries: everything that belongs to one event becomes one entry, and calls of
//! `@connections` are grouped.
//!
//! Pure: the time is an argument. After the function's reply, an event waits for a moment, because the
//! gateway reports a little later what the client received.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use lift_event::Reply;
use lift_gateway::{FailureCause, GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource};
use lift_invoke::{InvocationEvent, InvocationEventKind};

use crate::{
    dev::terminal::{
        calls::{Call, CallGroups},
        entry::{Entry, Event, Log},
        failure::EventFailure,
    },
    observe::{Observed, ObservedKind},
};

/// How long an answered event waits for what the client receives. A frame comes at once or never.
const SETTLE: Duration = Duration::from_millis(100);

/// How long a closed connection waits for its `$disconnect`, in case there is such a route.
const CLOSING: Duration = Duration::from_secs(1);

/// An event that takes longer is shown while it still runs.
const SLOW: Duration = Duration::from_millis(500);

/// An event whose end was dropped is forgotten after this time, which is longer than any event may take.
const LOST: Duration = Duration::from_secs(120);

/// The events that are not complete yet.
#[derive(Default)]
pub(crate) struct Events {
    /// Events that the function is working on, by invocation.
    open: HashMap<Id, Open>,
    /// Answered events, the oldest first.
    answered: Vec<Answered>,
    /// Closed connections whose `$disconnect` has not come yet.
    closing: HashMap<Id, Closing>,
    /// Connections whose client sent a binary message.
    binary: HashSet<Id>,
    groups: CallGroups,
}

struct Open {
    since: Instant,
    event: Box<Event>,
    /// Whether it was shown already. Then its lines are shown as they come.
    shown: bool,
}

struct Answered {
    invocation: Option<Id>,
    event: Box<Event>,
    /// The function's reply.
    reply: Bytes,
    /// The body of the reply, which a two-way route sends to the client.
    body: Option<Vec<u8>>,
    until: Instant,
}

impl Answered {
    fn is_connect_of(&self, connection: Id) -> bool {
        self.event.event_ref.connection == Some(connection) && self.event.is("$connect")
    }
}

struct Closing {
    event: Box<Event>,
    until: Instant,
}

impl Events {
    /// Handles an observed event, and adds the entries that it completes to `out`.
    pub(crate) fn observe(&mut self, now: Instant, observed: Observed, out: &mut Vec<Entry>) {
        let at = observed.at;
        match observed.kind {
            ObservedKind::Line { process, invocation, text } => {
                self.line(invocation, Log { at, process, text }, out);
            }
            ObservedKind::Invocation(event) => self.invocation(now, at, event, out),
            ObservedKind::Gateway(GatewayEvent { connection, kind, .. }) => {
                self.gateway_event(now, at, connection, kind, out);
            }
        }
    }

    /// Adds the entries that have waited long enough.
    pub(crate) fn flush(&mut self, now: Instant, out: &mut Vec<Entry>) {
        for answered in self.answered.extract_if(.., |answered| answered.until <= now) {
            out.push(Entry::Event(answered.event));
        }
        for (_, closing) in self.closing.extract_if(|_, closing| closing.until <= now) {
            out.push(Entry::Event(closing.event));
        }
        self.groups.flush(now, out);
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

    /// Adds all incomplete entries, because nothing more will be observed.
    pub(crate) fn end(&mut self, now: Instant, out: &mut Vec<Entry>) {
        self.flush(now + LOST, out);
    }

    /// When [`flush`](Self::flush) has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        let answered = self.answered.iter().map(|answered| answered.until);
        let closing = self.closing.values().map(|closing| closing.until);
        let slow = self.open.values().map(|open| open.since + if open.shown { LOST } else { SLOW });
        answered.chain(closing).chain(self.groups.due()).chain(slow).min()
    }

    fn line(&mut self, invocation: Option<Id>, log: Log, out: &mut Vec<Entry>) {
        let Some(invocation) = invocation else { return out.push(Entry::Log(log, None)) };
        if let Some(open) = self.open.get_mut(&invocation) {
            if open.shown {
                out.push(Entry::Log(log, Some(open.event.event_ref.clone())));
            } else {
                open.event.logs.push(log);
            }
        } else if let Some(answered) = self.answered(invocation) {
            answered.event.logs.push(log);
        } else {
            out.push(Entry::Log(log, None));
        }
    }

    /// An event of another source than a connection: nothing comes after the function's result.
    fn invocation(
        &mut self,
        now: Instant,
        at: SystemTime,
        event: InvocationEvent,
        out: &mut Vec<Entry>,
    ) {
        let InvocationEvent { invocation, kind, .. } = event;
        match kind {
            InvocationEventKind::Invoked { function, source, .. } => {
                let event = Box::new(Event::of_source(at, function, source));
                self.open.insert(invocation, Open { since: now, event, shown: false });
            }
            InvocationEventKind::Answered { took, result, error } => {
                if let Some(Open { mut event, .. }) = self.open.remove(&invocation) {
                    event.took = Some(took);
                    event.error = error.filter(|_| result.is_ok());
                    event.failure = result.err().map(EventFailure::Invoke);
                    out.push(Entry::Event(event));
                }
            }
            _ => {}
        }
    }

    fn gateway_event(
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
            GatewayEventKind::Answered { invocation, took, result, error } => {
                if let Some(Open { mut event, .. }) = self.open.remove(&invocation) {
                    event.took = Some(took);
                    // Without a reply, the failure says more.
                    event.error = error.filter(|_| result.is_ok());
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
            // Counted when the message was sent.
            GatewayEventKind::Called { method, status } if method == "POST" && status == 200 => {}
            GatewayEventKind::Called { method, status } => {
                let (method, status) = (method.to_string(), status.as_u16());
                self.groups.add(now, Call { at, connection, method, status, bytes: 0 });
            }
            GatewayEventKind::Closed { code, reason } => {
                let route = Some("$disconnect".to_owned());
                let mut event = Box::new(Event::new(at, connection, route));
                event.closed = Some((code, reason));
                event.failure = self.binary.remove(&connection).then_some(EventFailure::Binary);
                self.closing.insert(connection, Closing { event, until: now + CLOSING });
            }
            // The line of the event shows the size. Without an event, the failure has a line.
            GatewayEventKind::Received { binary: false, .. } => {}
            _ => {}
        }
    }

    /// The function answered. If the client receives something for it, that is observed a moment later.
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
            Err(error) => event.failure = Some(EventFailure::Invoke(error)),
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

    /// The gateway refused the function's reply, or no longer waits for it.
    fn fail(&mut self, now: Instant, invocation: Id, cause: FailureCause) {
        if let Some(open) = self.open.get_mut(&invocation) {
            // Shown now, and again when it is answered.
            open.shown = true;
            let mut event = Box::new(open.event.copy());
            event.logs = std::mem::take(&mut open.event.logs);
            self.failed(now, event, cause);
        } else if let Some(answered) = self.answered(invocation) {
            let reply = answered.reply.to_vec();
            answered.event.failure = Some(EventFailure::Gateway(cause, reply));
        }
    }

    fn failed(&mut self, now: Instant, mut event: Box<Event>, cause: FailureCause) {
        event.failure = Some(EventFailure::Gateway(cause, Vec::new()));
        let (reply, until) = (Bytes::new(), now + SETTLE);
        self.answered.push(Answered { invocation: None, event, reply, body: None, until });
    }

    fn answered(&mut self, invocation: Id) -> Option<&mut Answered> {
        self.answered.iter_mut().find(|answered| answered.invocation == Some(invocation))
    }

    /// The client received the answer to its handshake.
    fn connect(&mut self, at: SystemTime, connection: Id, status: u16, out: &mut Vec<Entry>) {
        let index = self.answered.iter().position(|answered| answered.is_connect_of(connection));
        let mut event = match index {
            Some(index) => self.answered.remove(index).event,
            // There is no `$connect` route, or the handshake was refused before it.
            None => Box::new(Event::new(at, connection, Some("$connect".to_owned()))),
        };
        event.status = Some(status);
        out.push(Entry::Event(event));
    }

    /// The client received a reply or an error frame for its message.
    fn sent(
        &mut self,
        data: &Bytes,
        is_for: impl Fn(&Answered) -> bool,
        connection: Id,
        out: &mut Vec<Entry>,
    ) {
        let index = self.answered.iter().position(|answered| {
            answered.event.event_ref.connection == Some(connection)
                && answered.event.reply.is_none()
                && is_for(answered)
        });
        if let Some(index) = index {
            let Answered { mut event, .. } = self.answered.remove(index);
            event.reply = Some(data.len());
            out.push(Entry::Event(event));
        }
    }
}

#[cfg(test)]
mod tests;

//! What waits for the disk: events between the gateway's tasks and the thread that writes them. The bytes that
//! wait are limited; the first event beyond the limit ends the recording, so that what is recorded has no gaps.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

use bytes::Bytes;
use lift_gateway::{GatewayEventKind, InvokeError, OutcomeError};
use lift_invoke::InvocationEventKind;

use crate::{
    lock::lock,
    observe::{Observed, ObservedKind, Observer},
};

/// What a waiting event takes besides its payload, at most.
const EVENT_OVERHEAD: usize = 1024;

/// The most bytes of a client's handshake, which an event has when the client is accepted.
const CLIENT: usize = 16 * 1024;

/// Why a recording stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// So many bytes waited for the disk.
    Waiting(usize),
    /// The file has reached so many bytes.
    Size(u64),
}

/// The next item for the writer.
pub(super) enum Item {
    /// An event, and the bytes that it takes while it waits.
    Event(Box<Observed>, usize),
    Stopped(Stopped),
    /// The recording ends in order.
    End,
}

/// The observer that fills a recording.
#[derive(Clone)]
pub(crate) struct RecordingObserver {
    /// Locked while an item is sent, so that nothing follows `Stopped`.
    state: Arc<Mutex<State>>,
    /// The name of the recording, for messages.
    shown: Arc<str>,
}

struct State {
    /// `None` after the recording has stopped.
    items: Option<Sender<Item>>,
    waiting: usize,
    most: usize,
    /// The number of invocations so far.
    events: u64,
}

/// The writer's end.
pub(super) struct Queue {
    items: Receiver<Item>,
    observer: RecordingObserver,
}

/// A queue for the recording `shown`, in which at most `most` bytes wait.
pub(super) fn queue(shown: &str, most: usize) -> (RecordingObserver, Queue) {
    let (sender, items) = mpsc::channel();
    let state = State { items: Some(sender), waiting: 0, most, events: 0 };
    let observer = RecordingObserver { state: Arc::new(Mutex::new(state)), shown: shown.into() };
    (observer.clone(), Queue { items, observer })
}

impl Observer for RecordingObserver {
    fn observe(&self, observed: &Observed) {
        let (size, is_event) = match &observed.kind {
            ObservedKind::Gateway(event) => {
                (size(&event.kind), matches!(event.kind, GatewayEventKind::Invoked { .. }))
            }
            ObservedKind::Invocation(event) => {
                let is_event = matches!(event.kind, InvocationEventKind::Invoked { .. });
                (size_of_invocation(&event.kind), is_event)
            }
            ObservedKind::Line { .. } => return,
        };
        let Some(size) = size else { return };
        let mut state = lock(&self.state);
        let State { items: Some(items), waiting, most, events } = &mut *state else { return };
        if *waiting + size > *most {
            let stopped = Stopped::Waiting(*most);
            // Fails only if the writer has failed, which says so itself.
            let _ = items.send(Item::Stopped(stopped));
            self.say(*events, stopped);
            state.items = None;
            return;
        }
        *events += u64::from(is_event);
        *waiting += size;
        let _ = items.send(Item::Event(Box::new(detached(observed)), size));
    }
}

impl RecordingObserver {
    /// Tells the writer that the recording ends.
    pub(super) fn end(&self) {
        if let Some(items) = lock(&self.state).items.take() {
            let _ = items.send(Item::End);
        }
    }

    fn say(&self, events: u64, reason: impl fmt::Display) {
        let Self { shown, .. } = self;
        tracing::error!(
            "the recording {shown} is incomplete: it stops after event {events}, because {reason}"
        );
    }
}

impl Queue {
    /// The next item; `None` if none comes within `time`.
    pub(super) fn next(&self, time: Duration) -> Option<Item> {
        match self.items.recv_timeout(time) {
            Ok(item) => Some(item),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Item::End),
        }
    }

    /// Notes that an event of this size waits no longer.
    pub(super) fn written(&self, size: usize) {
        lock(&self.observer.state).waiting -= size;
    }

    /// Ends the recording after `events` events, and says why. Nothing waits after that.
    pub(super) fn stop(&self, events: u64, reason: impl fmt::Display) {
        // None if the observer has stopped it, and has said so.
        if lock(&self.observer.state).items.take().is_some() {
            self.observer.say(events, reason);
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(bytes) => {
                write!(f, "{} MB of events waited for the disk", bytes / 1_000_000)
            }
            Self::Size(bytes) => write!(f, "the file has the {bytes} bytes of --record-limit"),
        }
    }
}

/// The bytes that an event takes while it waits, at most; `None` if it is not recorded.
fn size(kind: &GatewayEventKind) -> Option<usize> {
    let payload = match kind {
        GatewayEventKind::Invoked { payload, .. } => payload.len(),
        GatewayEventKind::Answered { result, error, .. } => size_of_answer(result, error.as_ref()),
        GatewayEventKind::Received { data, .. } | GatewayEventKind::Sent { data, .. } => data.len(),
        GatewayEventKind::Opened(_) => CLIENT,
        GatewayEventKind::Closed { reason, .. } => reason.len(),
        _ => return None,
    };
    Some(payload + EVENT_OVERHEAD)
}

fn size_of_invocation(kind: &InvocationEventKind) -> Option<usize> {
    let payload = match kind {
        InvocationEventKind::Invoked { payload, .. } => payload.len(),
        InvocationEventKind::Answered { result, error, .. } => {
            size_of_answer(result, error.as_ref())
        }
        _ => return None,
    };
    Some(payload + EVENT_OVERHEAD)
}

fn size_of_answer(result: &Result<Bytes, InvokeError>, error: Option<&OutcomeError>) -> usize {
    match result {
        Ok(reply) => reply.len() + error.map_or(0, |error| error.code.len() + error.message.len()),
        Err(error) => error.function_error().map_or(0, |(kind, text)| kind.len() + text.len()),
    }
}

/// The event with a payload of its own: a small part of a large read buffer would keep the whole buffer.
fn detached(observed: &Observed) -> Observed {
    let mut observed = observed.clone();
    let payload = match &mut observed.kind {
        ObservedKind::Gateway(event) => match &mut event.kind {
            GatewayEventKind::Invoked { payload, .. } => Some(payload),
            GatewayEventKind::Answered { result, .. } => result.as_mut().ok(),
            GatewayEventKind::Received { data, .. } | GatewayEventKind::Sent { data, .. } => {
                Some(data)
            }
            _ => None,
        },
        ObservedKind::Invocation(event) => match &mut event.kind {
            InvocationEventKind::Invoked { payload, .. } => Some(payload),
            InvocationEventKind::Answered { result, .. } => result.as_mut().ok(),
            _ => None,
        },
        ObservedKind::Line { .. } => None,
    };
    if let Some(payload) = payload {
        *payload = Bytes::copy_from_slice(payload);
    }
    observed
}

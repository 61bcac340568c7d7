//! What is observed of a running app, with a time stamp, handed to each observer: the terminal, the
//! inspector, a recording. Observers change nothing.

use std::{fmt, sync::Arc, time::SystemTime};

use lift_gateway::{GatewayEvent, Id};
use lift_invoke::InvocationEvent;

/// One observed event, and when it was observed.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub(crate) at: SystemTime,
    pub(crate) kind: ObservedKind,
}

/// What was observed.
#[derive(Debug, Clone)]
pub(crate) enum ObservedKind {
    /// An event of the gateway.
    Gateway(GatewayEvent),
    /// An event of an invocation that is not the gateway's.
    Invocation(InvocationEvent),
    /// A process of the function wrote a line. `invocation` is the invocation that it was working on,
    /// if any.
    Line { process: u64, invocation: Option<Id>, text: String },
}

/// Receives everything that is observed. Runs within the gateway's tasks, so it must not block.
pub(crate) trait Observer: Send + Sync {
    fn observe(&self, observed: &Observed);
}

/// All observers. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<[Box<dyn Observer>]>);

impl Observers {
    pub(crate) fn new(all: Vec<Box<dyn Observer>>) -> Self {
        Self(all.into())
    }

    /// Passes `kind` to every observer.
    pub(crate) fn notify(&self, kind: ObservedKind) {
        if !self.0.is_empty() {
            let observed = Observed { at: SystemTime::now(), kind };
            self.0.iter().for_each(|observer| observer.observe(&observed));
        }
    }

    /// The gateway's observer, which passes its events on to these.
    pub(crate) fn of_gateway(&self) -> lift_gateway::Observer {
        if self.0.is_empty() {
            return lift_gateway::Observer::default();
        }
        let all = self.clone();
        lift_gateway::Observer::new(move |event| all.notify(ObservedKind::Gateway(event)))
    }

    /// The invoker's observer, which passes its events on to these.
    pub(crate) fn of_invoker(&self) -> lift_invoke::Observer {
        if self.0.is_empty() {
            return lift_invoke::Observer::default();
        }
        let all = self.clone();
        lift_invoke::Observer::new(move |event| all.notify(ObservedKind::Invocation(event)))
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({})", self.0.len())
    }
}

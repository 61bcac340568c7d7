//! What is seen of a running app, stamped and handed to each who wants to know: the terminal, the
//! inspector, a recording. Beside the flow: nobody here changes anything.

use std::{fmt, sync::Arc, time::SystemTime};

use lift_gateway::{Happening, Id, Watch};

/// One thing, and when it was seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) at: SystemTime,
    pub(crate) what: Sight,
}

/// What can be seen.
#[derive(Debug, Clone)]
pub(crate) enum Sight {
    /// Something happened to a connection.
    Happening(Happening),
    /// A process of the function wrote a line, while it worked on this invocation, if on any.
    Line { process: u64, invocation: Option<Id>, text: String },
}

/// Who wants to know. Told within the gateway's tasks, so nothing here may block.
pub(crate) trait Witness: Send + Sync {
    fn see(&self, seen: &Seen);
}

/// All who want to know. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Witnesses(Arc<[Box<dyn Witness>]>);

impl Witnesses {
    pub(crate) fn new(all: Vec<Box<dyn Witness>>) -> Self {
        Self(all.into())
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, what: Sight) {
        if !self.0.is_empty() {
            let seen = Seen { at: SystemTime::now(), what };
            self.0.iter().for_each(|witness| witness.see(&seen));
        }
    }

    /// What the gateway tells.
    pub(crate) fn watch(&self) -> Watch {
        match self.0.is_empty() {
            true => Watch::default(),
            false => {
                let all = self.clone();
                Watch::new(move |happening| all.tell(Sight::Happening(happening)))
            }
        }
    }
}

impl fmt::Debug for Witnesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Witnesses({})", self.0.len())
    }
}

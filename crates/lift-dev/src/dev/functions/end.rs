//! How a process of the function ended.

use std::{
    fmt::{self, Display, Formatter},
    io,
    process::ExitStatus,
    time::Duration,
};

use tokio::time::Instant;

/// A process that asked for events for so long did not die of how it starts. Short, because an
/// event that kills each process it meets should not make the others wait; long enough that a
/// process that dies by itself is not started without end.
const LONG: Duration = Duration::from_millis(250);

/// A process that is no more.
#[derive(Debug)]
pub(crate) struct End {
    /// The number that its log lines carry.
    pub(crate) number: u64,
    /// How it came.
    pub(crate) cause: Cause,
    /// When it was started.
    pub(crate) started: Instant,
    /// How long it had been asking for events, if it ever had.
    pub(crate) asked_for: Option<Duration>,
}

/// What ended a process.
#[derive(Debug)]
pub(crate) enum Cause {
    /// It exited or was killed.
    Exit(ExitStatus),
    /// It said that it cannot start, and was ended for that.
    Init { kind: String, message: String },
    /// It worked on one event for too long, and was killed for that, as Lambda does.
    TimedOut,
    /// We lost track of it, and it was killed for that.
    Lost(io::Error),
}

impl End {
    /// Whether the process was up before it ended. Another one will probably be up, too.
    pub(crate) fn was_up(&self) -> bool {
        self.asked_for.is_some()
    }

    /// Whether it was up for a while, so that its end is a new trouble and not the last one again.
    pub(crate) fn was_up_long(&self) -> bool {
        self.asked_for.is_some_and(|time| time >= LONG)
    }
}

impl Cause {
    /// What to do about a process that did not come up.
    pub(crate) fn fix(&self) -> &'static str {
        match self {
            Self::Exit(status) if status.success() => {
                "a function goes on asking the Lambda Runtime API for events, as a runtime does that \
                 calls the handler, such as `python3 -m awslambdaric app.handler`"
            }
            _ => "mend that",
        }
    }
}

impl From<io::Result<ExitStatus>> for Cause {
    fn from(status: io::Result<ExitStatus>) -> Self {
        status.map_or_else(Self::Lost, Self::Exit)
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "ended ({status})"),
            // The function's own words: quoted, so that they cannot steer the terminal.
            Self::Init { kind, message } => {
                write!(f, "reported that it cannot start ({kind:?}: {message:?})")
            }
            Self::TimedOut => f.write_str("took too long for an event and was killed"),
            Self::Lost(error) => write!(f, "could not be watched ({error})"),
        }
    }
}

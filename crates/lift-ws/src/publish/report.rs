//! What came of a send: counts that add up, the ids that failed, and where to go on.

use serde::{Deserialize, Serialize};

use crate::{
    ConnectionId,
    store::{Part, Position},
};

/// What came of a send. The counts add up to the connections that were found.
#[must_use = "a send can fail for some connections: look at the report, or drop it by `let _ =`"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Posts that the gateway took.
    pub sent: usize,
    /// Connections that had ended; their rows are removed, unless they are in their first minute.
    pub gone: usize,
    /// Posts that were throttled until the retries were used up.
    pub throttled: usize,
    /// Posts that failed otherwise.
    pub failed: usize,
    /// Connections that were not tried: the deadline came, or posting is forbidden altogether.
    pub skipped: usize,
    /// The connections behind `throttled` and `failed`.
    pub failures: Vec<ConnectionId>,
    /// Where to go on when the deadline came first; `None` when everyone was tried. Going on may
    /// send twice to some, never misses one.
    pub cursor: Option<Cursor>,
}

/// Where a send stopped: give it to [`Audience::resume`](crate::Audience::resume).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The parts that are not through, each with the page that was last sent whole.
    pub(super) remaining: Vec<(Part, Option<Position>)>,
}

/// What came of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    Gone,
    Throttled,
    Failed,
    Skipped,
}

impl Report {
    /// How many connections were found.
    #[must_use]
    pub fn total(&self) -> usize {
        self.sent + self.gone + self.throttled + self.failed + self.skipped
    }

    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.gone += other.gone;
        self.throttled += other.throttled;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }

    pub(super) fn count(&mut self, id: ConnectionId, fate: Fate) {
        match fate {
            Fate::Sent => self.sent += 1,
            Fate::Gone => self.gone += 1,
            Fate::Skipped => self.skipped += 1,
            Fate::Throttled => self.throttled += 1,
            Fate::Failed => self.failed += 1,
        }
        if matches!(fate, Fate::Throttled | Fate::Failed) {
            self.failures.push(id);
        }
    }
}

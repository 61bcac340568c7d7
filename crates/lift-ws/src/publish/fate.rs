//! What came of one connection, between its posts and the send that counts it.

use super::Outcome;

/// What came of one connection, and whether a send that goes on may leave it out.
pub(super) struct Fate {
    pub(super) outcome: Outcome,
    pub(super) settled: bool,
}

impl From<Outcome> for Fate {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, settled: outcome != Outcome::Skipped }
    }
}

impl Fate {
    /// It was tried, and is to be tried again by who goes on.
    pub(super) fn open(outcome: Outcome) -> Self {
        Self { outcome, settled: false }
    }
}

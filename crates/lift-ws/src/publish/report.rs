//! What came of a send: counts that add up, the ids behind them, and where to go on.

use super::Cursor;
use crate::ConnectionId;

/// What came of a send. The counts add up to the connections that were found.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn alarm(publish: Publisher) -> Result<String, Error> {
///     let report = publish.own_tenant().text("leave the house").await?;
///     Ok(format!("{} of {} know", report.sent, report.total()))
/// }
/// # let _ = lift_ws::App::new().route("alarm", alarm);
/// ```
#[must_use = "a send can fail for some connections: look at the report, or drop it by `let _ =`"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Posts that the gateway took; of [`close`](crate::Audience::close), connections that it closed.
    pub sent: usize,
    /// Connections that had ended; their rows are removed, unless they are in their first minute.
    pub gone: usize,
    /// Posts that were throttled until the retries were used up, or to a client that reads too slowly.
    pub throttled: usize,
    /// Posts that failed otherwise.
    pub failed: usize,
    /// Connections that were not tried: the deadline came, or the send was stopped.
    pub skipped: usize,
    /// Whether the send was stopped because posting is forbidden (401, 403) for every connection alike:
    /// the credentials, the endpoint or the stage are wrong.
    pub forbidden: bool,
    /// Where to go on when the deadline came first, or the send was stopped; `None` when everyone was
    /// tried. Going on may send twice to some, never misses one.
    pub cursor: Option<Cursor>,
    noted: Vec<(ConnectionId, Outcome)>,
    pub(super) notes_all: bool,
}

/// What came of one connection: the counts of a [`Report`].
///
/// ```
/// use lift_ws::{GlobalPublisher, Outcome, PublishError};
///
/// async fn unreached(publisher: &GlobalPublisher) -> Result<Vec<String>, PublishError> {
///     let report = publisher.tenant("lotus").with_ids().text("we close at ten").await?;
///     Ok(report.ids(Outcome::Throttled).map(ToString::to_string).collect())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The gateway took the post.
    Sent,
    /// The connection had ended.
    Gone,
    /// The post was throttled.
    Throttled,
    /// The post failed otherwise.
    Failed,
    /// The connection was not tried.
    Skipped,
}

impl Report {
    pub(super) fn new(notes_all: bool) -> Self {
        Self { notes_all, ..Self::default() }
    }

    /// How many connections were found.
    #[must_use]
    pub fn total(&self) -> usize {
        self.sent + self.gone + self.throttled + self.failed + self.skipped
    }

    /// The connections behind `throttled` and `failed`.
    pub fn failures(&self) -> impl Iterator<Item = &ConnectionId> {
        let failure = |outcome| matches!(outcome, Outcome::Throttled | Outcome::Failed);
        self.noted.iter().filter(move |(_, outcome)| failure(*outcome)).map(|(id, _)| id)
    }

    /// The connections behind a count. Those behind `sent`, `gone` and `skipped` are there only after
    /// [`Audience::with_ids`](crate::Audience::with_ids).
    pub fn ids(&self, outcome: Outcome) -> impl Iterator<Item = &ConnectionId> {
        self.noted.iter().filter(move |(_, other)| *other == outcome).map(|(id, _)| id)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.gone += other.gone;
        self.throttled += other.throttled;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.noted.extend(other.noted);
    }

    pub(super) fn count(&mut self, id: &ConnectionId, outcome: Outcome) {
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::Gone => self.gone += 1,
            Outcome::Throttled => self.throttled += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Skipped => self.skipped += 1,
        }
        if self.notes_all || matches!(outcome, Outcome::Throttled | Outcome::Failed) {
            self.noted.push((id.clone(), outcome));
        }
    }
}

//! The result of a send: counts that add up, the ids behind them, and where to resume.

use std::{
    fmt,
    ops::{Add, AddAssign},
};

use serde::{Deserialize, Serialize};

use super::Cursor;
use crate::{ConnectionId, push::Endpoint};

/// The result of a send. Its counts add up to the number of connections that were found.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn alarm(publish: Publisher) -> Result<String, Error> {
///     let report = publish.own_tenant().text("leave the house").await?;
///     Ok(format!("sent to {} of {}", report.counts.sent, report.counts.total()))
/// }
/// # let _ = lift_ws::App::new().route("alarm", alarm);
/// ```
///
/// Its text has the counts, and why posts failed: `sent 4, gone 0, throttled 0, failed 1, skipped 0; L0SM= at
/// https://api.example/prod: the post failed: connection refused`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many connections had which outcome.
    pub counts: Counts,
    /// Whether the send stopped because posting is forbidden (401, 403) for all connections: the
    /// credentials, the endpoint or the stage are wrong.
    pub forbidden: bool,
    /// Where to resume when the send stopped early, because of the deadline or of `forbidden`. `None` when
    /// every connection was tried. A resumed send misses no connection, and may send twice to some.
    pub cursor: Option<Cursor>,
    outcomes: Vec<(ConnectionId, Outcome)>,
    failures: Vec<Failure>,
    keeps_all_ids: bool,
}

/// Why a post failed: the first failure of its kind in a send. Its text names the connection, the endpoint and the
/// reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The connection.
    pub connection: ConnectionId,
    /// The endpoint of the post.
    pub endpoint: Endpoint,
    /// The error with its causes, in one line.
    pub reason: String,
}

/// The outcome for one connection.
///
/// ```
/// use lift_ws::{GlobalPublisher, PublishError, publish::Outcome};
///
/// async fn throttled(publisher: &GlobalPublisher) -> Result<Vec<String>, PublishError> {
///     let report = publisher.tenant("lotus").text("we close at ten").await?;
///     Ok(report.ids(Outcome::Throttled).map(ToString::to_string).collect())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// API Gateway accepted the post, or closed the connection when the send closes.
    Sent,
    /// The connection had ended.
    Gone,
    /// The post was throttled.
    Throttled,
    /// The post failed for another reason.
    Failed,
    /// The connection was not tried.
    Skipped,
}

/// How many connections of a send had which outcome. The counts of several sends can be added.
///
/// ```
/// use lift_ws::publish::Counts;
///
/// let mut all = Counts::default();
/// for sent in [3, 4] {
///     let mut counts = Counts::default();
///     counts.sent = sent;
///     all += counts;
/// }
/// assert_eq!((all.sent, all.total()), (7, 7));
/// assert_eq!(all.to_string(), "sent 7, gone 0, throttled 0, failed 0, skipped 0");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Posts that API Gateway accepted. Of [`close`](crate::publish::Audience::close): connections that it
    /// closed.
    pub sent: u64,
    /// Connections that had ended. Their rows are removed, unless they are less than a minute old.
    pub gone: u64,
    /// Posts that were still throttled after the last retry, or went to a client that reads too slowly.
    pub throttled: u64,
    /// Posts that failed for another reason.
    pub failed: u64,
    /// Connections that were not tried because the send stopped early.
    pub skipped: u64,
}

impl Report {
    /// An empty report. It keeps the ids of all outcomes, or only those of throttled and failed posts.
    pub(super) fn new(keeps_all_ids: bool) -> Self {
        Self { keeps_all_ids, ..Self::default() }
    }

    /// How many connections were found: the sum of the counts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.total()
    }

    /// Why posts failed or were throttled: the first failure of each kind. So a report has a few of them, however
    /// many posts failed.
    #[must_use]
    pub fn reasons(&self) -> &[Failure] {
        &self.failures
    }

    pub(super) fn set_reasons(&mut self, failures: Vec<Failure>) {
        self.failures = failures;
    }

    /// The connections counted as throttled or failed.
    pub fn failures(&self) -> impl Iterator<Item = &ConnectionId> {
        let failures = self.outcomes.iter().filter(|(_, outcome)| outcome.is_failure());
        failures.map(|(id, _)| id)
    }

    /// The connections with an outcome. Those sent to, gone or skipped are kept only after
    /// [`Audience::with_ids`](crate::publish::Audience::with_ids).
    pub fn ids(&self, outcome: Outcome) -> impl Iterator<Item = &ConnectionId> {
        self.outcomes.iter().filter(move |(_, other)| *other == outcome).map(|(id, _)| id)
    }

    /// Adds the counts and ids of another report.
    pub(super) fn add(&mut self, other: Self) {
        self.counts += other.counts;
        self.outcomes.extend(other.outcomes);
    }

    /// Counts one connection.
    pub(super) fn count(&mut self, id: &ConnectionId, outcome: Outcome) {
        let counts = &mut self.counts;
        *match outcome {
            Outcome::Sent => &mut counts.sent,
            Outcome::Gone => &mut counts.gone,
            Outcome::Throttled => &mut counts.throttled,
            Outcome::Failed => &mut counts.failed,
            Outcome::Skipped => &mut counts.skipped,
        } += 1;
        if self.keeps_all_ids || outcome.is_failure() {
            self.outcomes.push((id.clone(), outcome));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts.fmt(f)?;
        if self.forbidden {
            f.write_str(", stopped because posting is forbidden")?;
        }
        if self.cursor.is_some() {
            f.write_str(", can be resumed by its cursor")?;
        }
        self.failures.iter().try_for_each(|failure| write!(f, "; {failure}"))
    }
}

/// As its text, because programs print it to see what happened.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({self})")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.connection, self.endpoint, self.reason)
    }
}

impl Outcome {
    fn is_failure(self) -> bool {
        matches!(self, Self::Throttled | Self::Failed)
    }
}

impl Counts {
    /// The sum of all counts.
    #[must_use]
    pub fn total(self) -> u64 {
        self.sent + self.gone + self.throttled + self.failed + self.skipped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.gone += other.gone;
        self.throttled += other.throttled;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, gone, throttled, failed, skipped } = self;
        write!(
            f,
            "sent {sent}, gone {gone}, throttled {throttled}, failed {failed}, skipped {skipped}"
        )
    }
}

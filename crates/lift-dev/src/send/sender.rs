//! Sends part by part. After each part, progress is shown and Ctrl-C is handled.

use std::{
    io::{IsTerminal as _, stderr},
    path::Path,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use lift_ws::publish::{Counts, SendPart};
use tokio::time::Instant;

use super::{
    failure,
    location::Location,
    operation::Operation,
    outcome::{SendOutcome, Stopped},
    remaining::Remaining,
};
use crate::{exit::note, stop::Stop};

/// If at least this many posts failed and none had another outcome, the send stops.
const ONLY_FAILURES: u64 = 20;

/// A send to at most this many connections shows no progress.
const FEW: u64 = 200;

/// The time between two progress lines.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// How often the elapsed time of the bar is updated.
const TICK: Duration = Duration::from_millis(200);

const BAR: &str = "{bar:30} {pos}/{len}  {msg}  {elapsed}";

/// Sends part by part.
pub(super) struct Sender<'a> {
    pub(super) location: &'a Location,
    pub(super) operation: &'a Operation,
    pub(super) concurrency: usize,
    pub(super) stop: &'a Stop,
    /// The file for the remaining parts, saved before each part.
    pub(super) file: Option<&'a Path>,
}

impl Sender<'_> {
    /// Sends all parts, or stops; then the outcome has the remaining parts.
    pub(super) async fn send(&self, remaining: Remaining) -> SendOutcome {
        let total = remaining.connections;
        let mut outcome = SendOutcome::new(remaining);
        let mut progress = Progress::start(total);
        while let Some(part) = outcome.remaining.parts.front().cloned() {
            if let Err(error) = outcome.remaining.save(self.file) {
                outcome.stopped = Some(Stopped::Error(error));
            } else if self.stop.graceful.is_cancelled() {
                outcome.stopped = Some(Stopped::Interrupted);
            } else {
                self.send_part(part, total, &mut outcome).await;
                progress.show(outcome.counts);
            }
            if outcome.stopped.is_some() {
                break;
            }
        }
        progress.end();
        outcome.end();
        outcome
    }

    /// Sends the first remaining part, and removes what was sent from the remaining parts.
    async fn send_part(&self, part: SendPart, total: u64, outcome: &mut SendOutcome) {
        let audience = self.location.publisher.part(part.clone()).concurrency(self.concurrency);
        let (report, error) = match self.operation.run(audience).await {
            Ok(report) => (report, None),
            Err(error) => (error.report().cloned().unwrap_or_default(), Some(error)),
        };
        outcome.add(&report, total);
        outcome.stopped = match error {
            Some(error) => Some(Stopped::Error(failure::of_send(self.location, &error).await)),
            None if report.forbidden => Some(Stopped::Forbidden),
            None if outcome.only_failures(ONLY_FAILURES) && outcome.remaining.connections > 0 => {
                Some(Stopped::OnlyFailures)
            }
            None => None,
        };
        match (report.cursor, &outcome.stopped) {
            (Some(cursor), _) => outcome.remaining.parts[0] = part.resume(cursor),
            (None, Some(_)) => {}
            (None, None) => drop(outcome.remaining.parts.pop_front()),
        }
    }
}

/// The progress on stderr: a bar on a terminal, a line at intervals elsewhere, nothing for a small send.
enum Progress {
    Bar(ProgressBar),
    Lines { next: Instant, total: u64 },
    None,
}

impl Progress {
    /// `total` is the estimated number of connections.
    fn start(total: u64) -> Self {
        if total <= FEW {
            return Self::None;
        }
        if !stderr().is_terminal() {
            return Self::Lines { next: Instant::now() + LINE_INTERVAL, total };
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    fn show(&mut self, so_far: Counts) {
        match self {
            Self::Bar(bar) => {
                // The length was an estimate.
                bar.set_length(bar.length().unwrap_or_default().max(so_far.total()));
                bar.set_position(so_far.total());
                let Counts { gone, failed, throttled, .. } = so_far;
                bar.set_message(format!("gone {gone}, throttled {throttled}, failed {failed}"));
            }
            Self::Lines { next, total } if Instant::now() >= *next => {
                *next = Instant::now() + LINE_INTERVAL;
                note(format_args!("{so_far}, of about {total} ..."));
            }
            Self::Lines { .. } | Self::None => {}
        }
    }

    /// Removes the bar, so that its line is free for the result.
    fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

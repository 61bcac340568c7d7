//! The send itself, piece by piece: between two of them, progress is shown and Ctrl-C heeded.

use std::path::Path;

use lift_ws::publish::SendPart;

use super::{
    act::Act,
    failure,
    outcome::{Outcome, Stopped},
    progress::Progress,
    rest::Rest,
    target::Target,
};
use crate::stop::Stop;

/// When so many failed and nothing else came of any, the others are not tried.
const HOPELESS: u64 = 20;

pub(super) struct Pieces<'a> {
    pub(super) target: &'a Target,
    pub(super) act: &'a Act,
    pub(super) concurrency: usize,
    pub(super) stop: &'a Stop,
    /// Where what is left is kept, piece by piece.
    pub(super) file: Option<&'a Path>,
}

impl Pieces<'_> {
    /// Sends all of a rest, or until it is stopped: then the outcome has what is left.
    pub(super) async fn send(&self, rest: Rest) -> Outcome {
        let meant = rest.left;
        let mut outcome = Outcome::new(rest);
        let mut progress = Progress::start(meant);
        while let Some(task) = outcome.rest.tasks.front().cloned() {
            if let Err(error) = outcome.rest.keep(self.file) {
                outcome.stopped = Some(Stopped::Error(error));
            } else if self.stop.in_order.is_cancelled() {
                outcome.stopped = Some(Stopped::Interrupted);
            } else {
                self.piece(task, meant, &mut outcome).await;
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

    /// Sends the first of the tasks that are left, and takes it from them, or what it was sent to of it.
    async fn piece(&self, task: SendPart, meant: u64, outcome: &mut Outcome) {
        let audience = self.target.publisher.part(task.clone()).concurrency(self.concurrency);
        let (report, error) = match self.act.run(audience).await {
            Ok(report) => (report, None),
            Err(error) => (error.report().cloned().unwrap_or_default(), Some(error)),
        };
        outcome.add(&report, meant);
        outcome.stopped = match error {
            Some(error) => Some(Stopped::Error(failure::of_send(self.target, &error).await)),
            None if report.forbidden => Some(Stopped::Forbidden),
            None if outcome.only_failures(HOPELESS) && outcome.rest.left > 0 => {
                Some(Stopped::Hopeless)
            }
            None => None,
        };
        match (report.cursor, &outcome.stopped) {
            (Some(cursor), _) => outcome.rest.tasks[0] = task.resume(cursor),
            (None, Some(_)) => {}
            (None, None) => drop(outcome.rest.tasks.pop_front()),
        }
    }
}

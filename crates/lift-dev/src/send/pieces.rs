//! The send itself, piece by piece: between two of them, progress is shown and Ctrl-C heeded.

use std::collections::VecDeque;
use std::mem;

use super::act::Act;
use super::outcome::{Outcome, Stopped};
use super::progress::Progress;
use super::rest::Rest;
use super::target::Target;
use crate::dev::stop::Stop;

/// When so many failed and nothing else came of any, the others are not tried.
const HOPELESS: u64 = 20;

pub(super) struct Pieces<'a> {
    pub(super) target: &'a Target,
    pub(super) act: &'a Act,
    pub(super) concurrency: usize,
    pub(super) stop: &'a Stop,
}

impl Pieces<'_> {
    /// Sends all of a rest, or until it is stopped: then the outcome has what is left.
    pub(super) async fn send(&self, mut rest: Rest) -> Outcome {
        let meant = mem::take(&mut rest.left);
        let mut tasks = VecDeque::from(mem::take(&mut rest.tasks));
        let mut outcome = Outcome::new(rest);
        let mut progress = Progress::start(meant);
        while let Some(task) = tasks.pop_front() {
            let audience = self.target.publisher.task(task.clone()).concurrency(self.concurrency);
            let (report, error) = match self.act.run(audience).await {
                Ok(report) => (report, None),
                Err(error) => (error.report().cloned().unwrap_or_default(), Some(error)),
            };
            outcome.add(&report);
            progress.show(outcome.counts);
            let hopeless = outcome.counts.only_failures(HOPELESS) && outcome.counts.total() < meant;
            match (error, report.cursor) {
                (error, Some(cursor)) => {
                    tasks.push_front(task.rest(cursor));
                    let forbidden = Stopped::Forbidden;
                    outcome.stopped = Some(error.map_or(forbidden, Stopped::Error));
                    break;
                }
                (Some(error), None) => {
                    tasks.push_front(task);
                    outcome.stopped = Some(Stopped::Error(error));
                    break;
                }
                (None, None) if hopeless => {
                    tasks.push_front(task);
                    outcome.stopped = Some(Stopped::Hopeless);
                    break;
                }
                (None, None) if self.stop.in_order.is_cancelled() && !tasks.is_empty() => {
                    outcome.stopped = Some(Stopped::Interrupted);
                    break;
                }
                (None, None) => {}
            }
        }
        progress.end();
        outcome.leave(tasks.into(), meant);
        outcome
    }
}

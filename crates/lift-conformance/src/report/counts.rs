//! The counts of a run.

use crate::{Case, Evidence, Outcome, Run};

/// The number of cases by outcome. Unsure cases are counted separately, because they cannot fail.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) as_default: usize,
    pub(super) different: usize,
    pub(super) skipped_unsure: usize,
}

impl Counts {
    pub(super) fn of(run: &Run) -> Self {
        let mut counts = Self::default();
        for (case, outcome) in &run.outcomes {
            let count = match (outcome, is_unsure(case)) {
                (Outcome::Pass, false) => &mut counts.passed,
                (Outcome::Fail { .. }, false) => &mut counts.failed,
                (Outcome::Skip(_), false) => &mut counts.skipped,
                (Outcome::Pass, true) => &mut counts.as_default,
                (Outcome::Fail { .. }, true) => &mut counts.different,
                (Outcome::Skip(_), true) => &mut counts.skipped_unsure,
            };
            *count += 1;
        }
        counts
    }
}

pub(super) fn is_unsure(case: &Case) -> bool {
    case.evidence == Evidence::Unsure
}

//! Runs as text, JSON and Markdown.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::{list, text};

use crate::{Case, Mark, Outcome, Run};

/// The number of cases by outcome. Unsure cases are counted separately, because they cannot fail.
#[derive(Default)]
struct Counts {
    right: usize,
    wrong: usize,
    skipped: usize,
    as_lift: usize,
    otherwise: usize,
    skipped_unsure: usize,
}

impl Counts {
    fn of(run: &Run) -> Self {
        let mut counts = Self::default();
        for (case, outcome) in &run.outcomes {
            let place = match (outcome, is_unsure(case)) {
                (Outcome::Pass, false) => &mut counts.right,
                (Outcome::Fail { .. }, false) => &mut counts.wrong,
                (Outcome::Skip(_), false) => &mut counts.skipped,
                (Outcome::Pass, true) => &mut counts.as_lift,
                (Outcome::Fail { .. }, true) => &mut counts.otherwise,
                (Outcome::Skip(_), true) => &mut counts.skipped_unsure,
            };
            *place += 1;
        }
        counts
    }
}

fn is_unsure(case: &Case) -> bool {
    case.mark == Mark::Unsure
}

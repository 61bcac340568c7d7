//! Runs as text, JSON and Markdown.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::{list, text};

use crate::{Case, Outcome, Run};

/// Passed, failed and skipped cases; failures of what is unsure are none.
fn counts(run: &Run) -> (usize, usize, usize, usize) {
    let mut counts = (0, 0, 0, 0);
    for (case, outcome) in &run.outcomes {
        match outcome {
            Outcome::Pass => counts.0 += 1,
            Outcome::Fail { .. } if is_unsure(case) => counts.3 += 1,
            Outcome::Fail { .. } => counts.1 += 1,
            Outcome::Skip(_) => counts.2 += 1,
        }
    }
    counts
}

fn is_unsure(case: &Case) -> bool {
    case.mark == crate::Mark::Unsure
}

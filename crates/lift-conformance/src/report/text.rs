//! Runs as text for a terminal.

use std::fmt::Write as _;

use super::counts::{Counts, is_unsure};
use crate::{Case, Outcome, Run};

/// A line for each case with each target's outcome, then the details of failures.
#[must_use]
pub fn text(runs: &[Run]) -> String {
    let mut text = String::new();
    let Some(first) = runs.first() else { return text };
    let names: Vec<_> = runs.iter().map(|run| format!("{:<10}", run.target)).collect();
    let _ = writeln!(text, "{}  {:<34}  statement", names.join("  "), "case");
    for (index, (case, _)) in first.outcomes.iter().enumerate() {
        let outcomes: Vec<_> = runs.iter().map(|run| of(run, index)).collect();
        let _ = writeln!(text, "{}  {:<34}  {}", outcomes.join("  "), case.id, case.statement);
    }
    for run in runs {
        let _ = writeln!(text);
        for (case, outcome) in &run.outcomes {
            let _ = match outcome {
                Outcome::Pass => Ok(()),
                Outcome::Fail { expected, got } => {
                    writeln!(
                        text,
                        "{}: {}\n    expected {expected}\n    got      {got}",
                        run.target, case.id
                    )
                }
                Outcome::Skip(why) => writeln!(text, "{}: {} skipped: {why}", run.target, case.id),
            };
        }
        let Counts { passed, failed, skipped, as_default, different, skipped_unsure } =
            Counts::of(run);
        let _ = writeln!(
            text,
            "{}: documented or observed: {passed} passed, {failed} failed, {skipped} skipped; \
             unsure: {as_default} as Lift by default, {different} different, {skipped_unsure} skipped",
            run.target
        );
    }
    text
}

fn of(run: &Run, index: usize) -> String {
    let word = match &run.outcomes[index] {
        (_, Outcome::Pass) => "pass",
        (case, Outcome::Fail { .. }) if is_unsure(case) => "other",
        (_, Outcome::Fail { .. }) => "FAIL",
        (_, Outcome::Skip(_)) => "skip",
    };
    format!("{word:<10}")
}

/// The cases, with their marks and APIs.
#[must_use]
pub fn list(cases: &[Case]) -> String {
    let line = |case: &Case| {
        format!(
            "{:<34}  {:<10}  {:<9}  {}",
            case.id,
            case.evidence,
            case.api.name(),
            case.statement
        )
    };
    cases.iter().map(line).collect::<Vec<_>>().join("\n")
}

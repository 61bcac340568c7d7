//! Runs as Markdown for the book. The text depends on outcomes only, not on ids and times.

use std::fmt::Write as _;

use super::counts::{Counts, is_unsure};
use crate::{Case, KnownFailures, Outcome, Run, coverage};

/// A table of the cases by section, with the known failures of each target.
#[must_use]
pub fn markdown(runs: &[Run], known: impl Fn(&str) -> KnownFailures) -> String {
    let mut text = String::new();
    let Some(first) = runs.first() else { return text };
    let known: Vec<_> = runs.iter().map(|run| known(&run.target)).collect();
    let head = |name: &str, cell: &dyn Fn(&Run) -> String| {
        let cells: Vec<_> = runs.iter().map(cell).collect();
        format!("| {name} | {} |", cells.join(" | "))
    };
    let _ = writeln!(text, "{}", head("", &|run| run.target.clone()));
    let _ = writeln!(text, "|---|{}", "---|".repeat(runs.len()));
    type Count = fn(Counts) -> usize;
    let rows: [(&str, Count); 6] = [
        ("documented or observed: passed", |counts| counts.passed),
        ("documented or observed: failed", |counts| counts.failed),
        ("documented or observed: skipped", |counts| counts.skipped),
        ("unsure: as Lift by default", |counts| counts.as_default),
        ("unsure: different", |counts| counts.different),
        ("unsure: skipped", |counts| counts.skipped_unsure),
    ];
    for (name, count) in rows {
        let _ = writeln!(text, "{}", head(name, &|run| count(Counts::of(run)).to_string()));
    }
    let mut section = "";
    for (index, (case, _)) in first.outcomes.iter().enumerate() {
        if section != case.section() {
            section = case.section();
            let names: Vec<_> = runs.iter().map(|run| run.target.as_str()).collect();
            let _ = writeln!(
                text,
                "\n**Section {section}**\n\n| case | API Gateway | evidence | {} |",
                names.join(" | ")
            );
            let _ = writeln!(text, "|---|---|---|{}", "---|".repeat(runs.len()));
        }
        let cells: Vec<_> =
            runs.iter().zip(&known).map(|(run, known)| cell(&run.outcomes[index], known)).collect();
        let Case { id, statement, .. } = case;
        let evidence = evidence(case);
        let _ = writeln!(text, "| `{id}` | {statement} | {evidence} | {} |", cells.join(" | "));
    }
    text
}

fn cell((case, outcome): &(Case, Outcome), known: &KnownFailures) -> String {
    match (outcome, known.get(case.id)) {
        (Outcome::Pass, _) => "yes".to_owned(),
        (Outcome::Fail { .. }, Some(what)) => what.to_owned(),
        (Outcome::Fail { .. }, None) if is_unsure(case) => "different".to_owned(),
        (Outcome::Fail { .. }, None) => "**no**".to_owned(),
        (Outcome::Skip(_), _) => "skipped".to_owned(),
    }
}

/// The mark, with links to the statements in the book's reference.
fn evidence(case: &Case) -> String {
    let statements = coverage::of_case(case.id);
    let links = statements.iter().map(|statement| {
        let id = statement.id;
        format!(" [{id}](reference/api-gateway.md#{id})")
    });
    format!("{}{}", case.evidence, links.collect::<String>())
}

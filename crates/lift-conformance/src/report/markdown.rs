//! Runs for the book: the same text for the same outcomes, whatever ids and times were seen.

use std::fmt::Write as _;

use super::{counts, is_unsure};
use crate::{Case, Known, Outcome, Run};

/// A table of the cases by section, with what each target is known to do otherwise.
#[must_use]
pub fn markdown(runs: &[Run], known: impl Fn(&str) -> Known) -> String {
    let mut text = String::new();
    let Some(first) = runs.first() else { return text };
    let known: Vec<_> = runs.iter().map(|run| known(&run.target)).collect();
    let head = |name: &str, cell: &dyn Fn(&Run) -> String| {
        let cells: Vec<_> = runs.iter().map(cell).collect();
        format!("| {name} | {} |", cells.join(" | "))
    };
    let _ = writeln!(text, "{}", head("", &|run| run.target.clone()));
    let _ = writeln!(text, "|---|{}", "---|".repeat(runs.len()));
    type Count = fn(&Run) -> usize;
    let rows: [(&str, Count); 4] = [
        ("as on AWS", |run| counts(run).0),
        ("not as on AWS", |run| counts(run).1),
        ("otherwise where AWS is unsure", |run| counts(run).3),
        ("not looked at", |run| counts(run).2),
    ];
    for (name, count) in rows {
        let _ = writeln!(text, "{}", head(name, &|run| count(run).to_string()));
    }
    let mut section = "";
    for (place, (case, _)) in first.outcomes.iter().enumerate() {
        if section != case.section() {
            section = case.section();
            let names: Vec<_> = runs.iter().map(|run| run.target.as_str()).collect();
            let _ = writeln!(
                text,
                "\n**Section {section}**\n\n| case | API Gateway | known how | {} |",
                names.join(" | ")
            );
            let _ = writeln!(text, "|---|---|---|{}", "---|".repeat(runs.len()));
        }
        let cells: Vec<_> =
            runs.iter().zip(&known).map(|(run, known)| cell(&run.outcomes[place], known)).collect();
        let Case { id, statement, mark, .. } = case;
        let _ = writeln!(text, "| `{id}` | {statement} | {mark} | {} |", cells.join(" | "));
    }
    text
}

fn cell((case, outcome): &(Case, Outcome), known: &Known) -> String {
    match (outcome, known.get(case.id)) {
        (Outcome::Pass, _) => "yes".to_owned(),
        (Outcome::Fail { .. }, Some(what)) => what.to_owned(),
        (Outcome::Fail { .. }, None) if is_unsure(case) => "otherwise".to_owned(),
        (Outcome::Fail { .. }, None) => "**no**".to_owned(),
        (Outcome::Skip(_), _) => "not looked at".to_owned(),
    }
}

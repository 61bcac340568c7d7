//! Runs as JSON.

use serde_json::{Value, json};

use crate::{Outcome, Run, coverage};

/// `[{"target", "cases": [{"id", "section", "mark", "statement", "reference", "sources", "outcome", ..}]}]`
#[must_use]
pub fn json(runs: &[Run]) -> String {
    let runs: Vec<_> = runs.iter().map(of_run).collect();
    format!("{:#}", Value::from(runs))
}

fn of_run(run: &Run) -> Value {
    let cases = run.outcomes.iter().map(|(case, outcome)| {
        let mut value = json!({
            "id": case.id,
            "section": case.section(),
            "mark": case.evidence.to_string(),
            "statement": case.statement,
            "reference": coverage::of_case(case.id).iter().map(|of| of.id).collect::<Vec<_>>(),
            "sources": coverage::sources(case.id),
            "outcome": word(outcome),
        });
        match outcome {
            Outcome::Pass => {}
            Outcome::Fail { expected, got } => {
                value["expected"] = expected.as_str().into();
                value["got"] = got.as_str().into();
            }
            Outcome::Skip(why) => value["why"] = why.as_str().into(),
        }
        value
    });
    json!({"target": run.target, "cases": cases.collect::<Vec<_>>()})
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail { .. } => "fail",
        Outcome::Skip(_) => "skip",
    }
}

//! Runs cases against a target, several at a time.

use futures_util::{StreamExt, stream};

use crate::{Api, Case, Finding, Target};
use anyhow::{Result, anyhow};

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The gateway behaves as API Gateway.
    Pass,
    /// It behaves differently.
    Fail {
        /// What API Gateway does.
        expected: String,
        /// What the gateway does.
        got: String,
    },
    /// The case was skipped, with the reason.
    Skip(String),
}

/// The outcomes of one target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// The target's name.
    pub target: String,
    /// How each case ended, in the order of the cases.
    pub outcomes: Vec<(Case, Outcome)>,
}

impl Run {
    /// A run with these outcomes.
    #[must_use]
    pub fn new(target: impl Into<String>, outcomes: Vec<(Case, Outcome)>) -> Self {
        Self { target: target.into(), outcomes }
    }
}

/// Runs cases against a target, `jobs` at a time.
///
/// # Errors
/// If no probe answers at the target.
pub async fn run(target: &Target, cases: &[Case], jobs: usize) -> Result<Run> {
    answers(target).await?;
    // Cases of the throttled API run one at a time, because they share its rate.
    let (throttled, others): (Vec<_>, Vec<_>) =
        cases.iter().cloned().enumerate().partition(|(_, case)| case.api == Api::Throttled);
    let one = |(index, case): (usize, Case)| async move {
        let outcome = outcome(&case, target).await;
        (index, case, outcome)
    };
    let mut done: Vec<_> = stream::iter(others).map(one).buffer_unordered(jobs).collect().await;
    done.extend(stream::iter(throttled).then(one).collect::<Vec<_>>().await);
    done.sort_by_key(|(index, ..)| *index);
    let outcomes = done.into_iter().map(|(_, case, outcome)| (case, outcome)).collect();
    Ok(Run { target: target.name.clone(), outcomes })
}

async fn outcome(case: &Case, target: &Target) -> Outcome {
    match case.observe(target).await {
        Ok(()) => Outcome::Pass,
        Err(Finding::Differs { expected, got }) => Outcome::Fail { expected, got },
        Err(Finding::Skipped(why)) => Outcome::Skip(why),
    }
}

/// Checks that the target answers with the probe. A wrong URL is an error, not a failed case.
async fn answers(target: &Target) -> Result<()> {
    let url = target.urls.get(&Api::Main).map_or("", String::as_str);
    let asked = async { target.api(Api::Main)?.client().await?.id().await };
    match asked.await {
        Ok(_) => Ok(()),
        Err(Finding::Differs { expected, got }) => Err(anyhow!(
            "{}: no probe answers at {url}: expected {expected}, got {got}\n\
             Deploy `lift-conformance` behind it, which is the probe there: docs/src/compatibility.md says how.",
            target.name
        )),
        Err(Finding::Skipped(why)) => Err(anyhow!("{}: {why}", target.name)),
    }
}

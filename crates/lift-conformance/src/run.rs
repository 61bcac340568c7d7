//! Runs cases against a target, some at a time.

use futures_util::{StreamExt, stream};

use crate::{Api, Case, Finding, Target};
use anyhow::{Result, anyhow};

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway does what API Gateway does.
    Pass,
    /// It does something else.
    Fail {
        /// What API Gateway does.
        expected: String,
        /// What was seen.
        got: String,
    },
    /// It was not looked at, and why.
    Skip(String),
}

/// What one target does.
#[derive(Clone, Debug)]
pub struct Run {
    /// The target's name.
    pub target: String,
    /// How each case ended, in the order of the cases.
    pub outcomes: Vec<(Case, Outcome)>,
}

/// Runs cases against a target, `jobs` at a time.
///
/// # Errors
/// When no probe answers there.
pub async fn run(target: &Target, cases: &[Case], jobs: usize) -> Result<Run> {
    answers(target).await?;
    // Whatever a throttled API still allows is one case's alone.
    let (throttled, others): (Vec<_>, Vec<_>) =
        cases.iter().cloned().enumerate().partition(|(_, case)| case.api == Api::Throttled);
    let one = |(place, case): (usize, Case)| async move {
        let outcome = outcome(&case, target).await;
        (place, case, outcome)
    };
    let mut done: Vec<_> = stream::iter(others).map(one).buffer_unordered(jobs).collect().await;
    done.extend(stream::iter(throttled).then(one).collect::<Vec<_>>().await);
    done.sort_by_key(|(place, ..)| *place);
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

/// A target that is not there, or has no probe, is an error of whoever runs this and not a finding.
async fn answers(target: &Target) -> Result<()> {
    let url = target.urls.get(&Api::Main).map_or("", String::as_str);
    let asked = async { target.site(Api::Main)?.client().await?.id().await };
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

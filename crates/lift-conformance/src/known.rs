//! The known failures of a target, so that new failures and fixed ones are noticed.
//!
//! Each line has the id of a case and what the target does instead; `#` starts a comment.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use crate::{Case, Evidence, Outcome, Run};

/// The known failures of a target, by case.
#[derive(Clone, Debug, Default)]
pub struct KnownFailures(BTreeMap<String, String>);

impl KnownFailures {
    /// Parses a list.
    ///
    /// # Errors
    /// If a line has no description, or names an unknown case.
    pub fn read(text: &str, cases: &[Case]) -> Result<Self> {
        let mut known = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, what) = line
                .split_once(char::is_whitespace)
                .with_context(|| format!("`{line}` does not describe what the target does"))?;
            if !cases.iter().any(|case| case.id == id) {
                bail!("there is no case `{id}`; `--list` shows all");
            }
            known.insert(id.to_owned(), what.trim().to_owned());
        }
        Ok(Self(known))
    }

    /// What the target does instead, if the case is a known failure.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// The results that differ from the list, a line for each. Unsure cases count only if they are listed.
    #[must_use]
    pub fn unexpected_results(&self, run: &Run) -> Vec<String> {
        let surprise = |(case, outcome): &(Case, Outcome)| {
            let (name, known) = (&run.target, self.get(case.id));
            match outcome {
                Outcome::Fail { expected, got }
                    if known.is_none() && case.evidence != Evidence::Unsure =>
                {
                    Some(format!("{name}: {} failed: expected {expected}, got {got}", case.id))
                }
                Outcome::Pass => known.map(|what| {
                    format!("{name}: {} passed, though it is listed as: {what}", case.id)
                }),
                _ => None,
            }
        };
        run.outcomes.iter().filter_map(surprise).collect()
    }
}

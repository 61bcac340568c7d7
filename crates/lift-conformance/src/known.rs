//! The failures of a target that are known, so that a change in either direction is noticed.
//!
//! A line is the id of a case and what the target does instead; `#` starts a comment.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use crate::{Case, Mark, Outcome, Run};

/// What a target is known to do otherwise, by case.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeMap<String, String>);

impl Known {
    /// Reads a list.
    ///
    /// # Errors
    /// When a line has no text, or names no case.
    pub fn read(text: &str, cases: &[Case]) -> Result<Self> {
        let mut known = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, what) = line
                .split_once(char::is_whitespace)
                .with_context(|| format!("`{line}` does not say what the target does"))?;
            if !cases.iter().any(|case| case.id == id) {
                bail!("`{id}` is no case; `--list` shows them");
            }
            known.insert(id.to_owned(), what.trim().to_owned());
        }
        Ok(Self(known))
    }

    /// What the target is known to do instead.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// What is not as the list says, a line for each. What is unsure counts only when it is listed.
    #[must_use]
    pub fn surprises(&self, run: &Run) -> Vec<String> {
        let surprise = |(case, outcome): &(Case, Outcome)| {
            let (name, known) = (&run.target, self.get(case.id));
            match outcome {
                Outcome::Fail { expected, got } if known.is_none() && case.mark != Mark::Unsure => {
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

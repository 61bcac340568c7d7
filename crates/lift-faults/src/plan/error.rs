//! The error of an invalid plan, in one line.

use std::{fmt, ops::Range};

/// The error of an invalid plan. It names the line, and the closest valid name if one is misspelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    line: usize,
    message: String,
}

impl PlanError {
    pub(super) fn new(text: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or(text);
        Self { line: before.matches('\n').count() + 1, message: message.into() }
    }

    /// From an error of the TOML parser.
    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let message = error.message();
        let message = misspelled(message).unwrap_or_else(|| message.replace('\n', ", "));
        Self::new(text, error.span(), message)
    }

    /// The line in the text, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for PlanError {}

/// Replaces serde's list, "unknown field `shar`, expected one of `share`, `nth`", by the closest name.
fn misspelled(message: &str) -> Option<String> {
    let (problem, expected) = message.split_once(", expected ")?;
    let unknown = problem.strip_prefix("unknown ")?;
    let word = unknown.split('`').nth(1)?;
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    Some(format!("unknown {unknown}{}", suggestion(word, &names)))
}

/// The end of an error message: the name closest to `word`, or all `names`.
pub(super) fn suggestion(word: &str, names: &[&str]) -> String {
    let near = |name: &&&str| strsim::damerau_levenshtein(word, name);
    match names.iter().min_by_key(near) {
        Some(name) if near(&name) <= name.len().div_ceil(2) => format!(": did you mean `{name}`?"),
        _ => format!(": use one of {}", names.join(", ")),
    }
}

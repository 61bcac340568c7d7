//! The result of a case: success, a difference, or a skip.

use std::fmt::{Debug, Display};

/// The result of an observation.
pub type CaseResult<T = ()> = Result<T, Finding>;

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The gateway differs from API Gateway.
    Differs {
        /// What API Gateway does.
        expected: String,
        /// What the gateway does.
        got: String,
    },
    /// The case was skipped, with the reason.
    Skipped(String),
}

impl Finding {
    pub(crate) fn differs(expected: impl Display, got: impl Display) -> Self {
        Self::Differs { expected: expected.to_string(), got: short(&got.to_string()) }
    }

    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }
}

/// Checks that both are equal; `what` describes them.
pub(crate) fn same<T: PartialEq + Debug>(what: &str, got: T, expected: T) -> CaseResult {
    if got == expected {
        return Ok(());
    }
    Err(Finding::differs(format!("{what}: {expected:?}"), format!("{got:?}")))
}

/// Checks a condition; `got` describes what was seen instead.
pub(crate) fn holds(what: &str, condition: bool, got: impl Debug) -> CaseResult {
    if condition { Ok(()) } else { Err(Finding::differs(what, format!("{got:?}"))) }
}

fn short(text: &str) -> String {
    const MAX_CHARS: usize = 400;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

//! What a case found: nothing, or where the gateway differs.

use std::fmt::{Debug, Display};

/// What a case says of a gateway.
pub type Observed<T = ()> = Result<T, Finding>;

/// Why a case did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The gateway does something else.
    Differs {
        /// What API Gateway does.
        expected: String,
        /// What was seen.
        got: String,
    },
    /// It could not be looked at, and why.
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

/// Both have to be equal; `what` says what they are.
pub(crate) fn same<T: PartialEq + Debug>(what: &str, got: T, expected: T) -> Observed {
    if got == expected {
        return Ok(());
    }
    Err(Finding::differs(format!("{what}: {expected:?}"), format!("{got:?}")))
}

/// It has to be true; `got` is what was seen otherwise.
pub(crate) fn holds(what: &str, condition: bool, got: impl Debug) -> Observed {
    if condition { Ok(()) } else { Err(Finding::differs(what, format!("{got:?}"))) }
}

fn short(text: &str) -> String {
    const MOST: usize = 400;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

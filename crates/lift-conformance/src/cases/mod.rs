//! The table of cases, by the reference's sections.

mod selection;

use crate::Case;

/// Every case, in the reference's order.
#[must_use]
pub fn all() -> Vec<Case> {
    [selection::cases()].into_iter().flatten().collect()
}

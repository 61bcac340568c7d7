//! The table of cases. Each file is a part of the reference, and opens with its own table.

mod authorizer;
mod close;
mod context;
mod disconnect;
mod events;
mod handshake;
mod headers;
mod management;
mod messages;
mod selection;

use crate::Case;

/// Every case, by the reference's sections.
#[must_use]
pub fn all() -> Vec<Case> {
    let parts = [
        events::cases(),
        headers::cases(),
        context::cases(),
        disconnect::cases(),
        authorizer::cases(),
        selection::cases(),
        handshake::cases(),
        messages::cases(),
        close::cases(),
        management::cases(),
    ];
    let mut cases: Vec<_> = parts.into_iter().flatten().collect();
    cases.sort_by_key(Case::section);
    cases
}

//! The cases. Each file has those of one part of the reference and starts with their table.

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

/// All cases, by section of the reference.
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

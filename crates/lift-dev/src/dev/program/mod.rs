//! The program of a function: found, built, copied, started, and asked for its description.

mod cargo;
pub(crate) mod child;
pub(crate) mod describe;
mod die_with_parent;
pub(crate) mod executable;
pub(crate) mod managed;
pub(crate) mod package;
pub(crate) mod project;
pub(crate) mod variables;

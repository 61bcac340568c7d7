//! The program of a function: found, built, copied and asked to describe itself.

pub(crate) mod build;
pub(crate) mod cargo;
pub(crate) mod child;
pub(crate) mod describe;
mod die_with_parent;
pub(crate) mod executable;
pub(crate) mod managed;
pub(crate) mod package;
pub(crate) mod project;
pub(crate) mod variables;

//! The chat's own tests, in memory: what each client received, step by step.

mod conversation;
mod copied;
mod limits;
mod scenario;

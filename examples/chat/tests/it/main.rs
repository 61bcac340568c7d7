//! The chat's own tests, in memory: what each client received, step by step.

mod conversation;
mod limits;
mod scenario;

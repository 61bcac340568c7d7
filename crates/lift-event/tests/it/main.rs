//! The crate at its boundary: bytes in, events and replies out, and the way back.

mod aws;
mod facts;
mod fields;
mod fixtures;
mod malformed;
mod random;
mod reply;
mod support;
mod wire;

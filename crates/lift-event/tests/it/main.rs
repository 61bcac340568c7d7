//! The crate at its boundary: decoding and encoding of events and replies.

mod accessor_values;
mod aws;
mod fields;
mod fixtures;
mod limits;
mod malformed;
mod random;
mod reply;
mod schedule;
mod support;
mod wire;

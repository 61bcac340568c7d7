//! The framework at its boundary: events in, replies, frames and rows out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod allocations;
mod api_styles;
mod connect;
mod description;
mod disconnect;
mod errors;
mod extractors;
mod items;
mod kit;
mod late_state;
mod layers;
mod lines;
mod messages;
mod publisher;
mod stores;
mod undelivered;

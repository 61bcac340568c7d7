//! The framework at its boundary: events in, replies, frames and rows out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod allocations;
mod connect;
mod description;
mod disconnect;
mod extractors;
mod forms;
mod kit;
mod layers;
mod messages;
mod publisher;
mod publisher_bars;
mod publisher_choices;
mod publisher_global;
mod publisher_stops;
mod publisher_throttle;
mod stores;

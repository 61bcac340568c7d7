//! Lambda for the machine at hand: the gateway's events to processes that speak the Runtime API.
//!
//! A [`Function`] is the gateway's backend and holds the queue. A supervisor watches its
//! [`Demand`], starts processes, and gives each an [`Environment`]: one listener that serves the
//! Runtime API to that process alone, so the runtime client of any language works.
//!
//! ```text
//! gateway -invoke-> Function (queue) -next-> Environment -HTTP-> process
//!                   '-- Demand --> supervisor --starts, stops--------'
//! ```

mod answer;
mod api;
mod environment;
mod extension;
mod function;
mod room;

pub use environment::{Environment, Status};
pub use function::{Demand, Function, FunctionSettings};

//! Lambda on this machine: passes the gateway's events to processes over the Runtime API.
//!
//! A [`Function`] is the gateway's backend and holds the queue. A supervisor watches its
//! [`Demand`], starts processes, and gives each an [`Environment`]: one listener that serves the
//! Runtime API to that process alone, so the runtime client of any language works.
//!
//! ```text
//! gateway -invoke-> Function (queue) -next-> Environment -HTTP-> process
//!                   '-- Demand --> supervisor --starts, stops--------'
//! ```

mod api;
mod environment;
mod extension;
mod function;
mod process;
mod queue;
mod response;

pub use environment::Environment;
pub use function::Function;
pub use process::Status;
pub use queue::{Demand, FunctionSettings};

//! Layers: steps around the routes. The layer that was added first is the outermost.
//!
//! | layer | does |
//! |---|---|
//! | [`trace`] | a tracing span around each call |
//! | [`body_limit`] | refuses messages over a size |
//! | [`tower`](tower()) | uses a layer of the crate tower |
//!
//! Panics and deadlines need no layer: each call catches panics and ends before its deadline.

mod body_limit;
mod chain;
mod tower;
mod trace;

pub use body_limit::body_limit;
pub(crate) use chain::{CompiledRoute, Layers};
pub use chain::{Layer, Next, from_fn, from_fn_with};
pub use tower::{Step, Through, tower};
pub use trace::trace;

//! Layers that most apps want. Panics and deadlines need none: every call catches the ones and
//! keeps the others.
//!
//! | layer | does |
//! |---|---|
//! | [`trace`] | a tracing span around each call |
//! | [`body_limit`] | refuses messages over a size |
//! | [`tower`] | makes a layer of tower's a layer of Lift's |

mod body_limit;
mod tower;
mod trace;

pub use body_limit::body_limit;
pub use tower::{Step, Through, tower};
pub use trace::trace;

//! What `lift dev` prints at start (the notices about a template, the ready block), and the inspector.

mod gateway_push;
pub(crate) mod inspector;
pub(crate) mod notices;
pub(crate) mod open;
pub(crate) mod ready;

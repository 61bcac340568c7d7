//! What `lift dev` prints at start (the notices about a template, the ready block), and the inspector.

pub(crate) mod inspector;
pub(crate) mod notices;
pub(crate) mod ready;

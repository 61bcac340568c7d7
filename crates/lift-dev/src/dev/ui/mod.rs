//! What `lift dev` shows beside the lines of events: notices of the template, the ready block, the
//! browser, and the inspector.

pub(crate) mod browser;
pub(crate) mod inspector;
pub(crate) mod notices;
pub(crate) mod ready;

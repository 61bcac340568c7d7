//! What `lift dev` shows beside the lines of events: notices of the template, the ready block, and the
//! browser.

pub(crate) mod browser;
pub(crate) mod notices;
pub(crate) mod ready;

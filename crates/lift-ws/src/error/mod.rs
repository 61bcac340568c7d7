//! The error of a call: a code and a message for the client, and a cause for the log.

mod call_error;
pub(crate) mod chain;
mod convert;
mod std_error;

pub use call_error::{Error, ErrorFrame};
pub use convert::IntoError;
pub use std_error::StdError;

//! A plan: which faults, where and how often. [`read`] parses and validates TOML; the rest of the crate
//! gets valid plans only.

mod error;
mod model;
mod operation;
mod range;
mod read;

pub use error::PlanError;
pub(crate) use model::{
    Access, Fault, FaultKind, Frequency, LostPart, MillisRange, Reason, Subject,
};
pub use model::{Api, Plan};
pub(crate) use operation::access;

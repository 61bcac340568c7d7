//! The function behind the gateway: its processes, each an execution environment of Lambda.
//!
//! `lift_gateway::lambda::Function` hands events to environments; here are the processes that
//! those environments belong to, started, watched, replaced and ended. Processes that run the same
//! program are a generation. Others run a function that is [`Attached`] or [`Elsewhere`].

use std::{sync::Arc, time::Duration};

use crate::{
    dev::{
        fault_proxies::Faults,
        program::{executable::Executable, package::Copied, variables::Variables},
    },
    observe::Observers,
};

/// After so long without a sign of life at start, what a process wrote is shown.
pub(crate) const SLOW: Duration = Duration::from_secs(3);

/// What every process of a generation runs.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The function's name.
    pub(crate) name: String,
    pub(crate) executable: Executable,
    /// Its environment, but for what differs from process to process.
    pub(crate) variables: Variables,
    /// What goes wrong between a process and its Runtime API, if anything shall.
    pub(crate) faults: Option<Faults>,
    /// What the executable is a copy of; the copy goes with the last process.
    pub(crate) copy: Option<Arc<Copied>>,
    /// Who sees what its processes write.
    pub(crate) observers: Observers,
}

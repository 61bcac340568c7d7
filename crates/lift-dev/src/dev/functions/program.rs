//! What every process of a generation runs.

use std::sync::Arc;

use crate::{
    dev::{
        fault_proxies::Faults,
        program::{executable::Executable, package::ProgramCopy, variables::Variables},
    },
    observe::Observers,
};

/// The program of a function, and what its processes share.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The function's name.
    pub(crate) name: String,
    pub(crate) executable: Executable,
    /// The environment, without the variables that differ from process to process.
    pub(crate) variables: Variables,
    /// The faults to inject between a process and its Runtime API, if any.
    pub(crate) faults: Option<Faults>,
    /// The copy that the executable is, if it is one. The last process that uses it removes it.
    pub(crate) copy: Option<Arc<ProgramCopy>>,
    /// The observers of what its processes write.
    pub(crate) observers: Observers,
}

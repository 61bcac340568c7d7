//! The function behind the gateway: its processes, each an execution environment of Lambda.
//!
//! `lift_gateway::lambda::Function` hands events to environments; here are the processes that
//! those environments belong to, started, watched, replaced and ended.

mod end;
mod process;
mod supervisor;

use std::path::PathBuf;

pub(crate) use self::supervisor::Supervisor;

use crate::dev::faults::Faults;
use crate::dev::seen::Witnesses;
use crate::dev::variables::Variables;

/// What every process of the function runs.
#[derive(Debug)]
pub(crate) struct Program {
    /// The executable.
    pub(crate) binary: PathBuf,
    /// Where it is run.
    pub(crate) folder: PathBuf,
    /// Its environment, but for what differs from process to process.
    pub(crate) variables: Variables,
    /// What goes wrong between a process and its Runtime API, if anything shall.
    pub(crate) faults: Option<Faults>,
    /// Who sees what its processes write.
    pub(crate) witnesses: Witnesses,
}

//! The function behind the gateway: its processes, each an execution environment of Lambda.
//!
//! `lift_gateway::lambda::Function` hands events to environments; here are the processes that
//! those environments belong to, started, watched, replaced and ended. Processes that run the same
//! program are a generation.

mod end;
mod generation;
mod process;
mod supervisor;

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use self::supervisor::Supervisor;

use crate::dev::faults::Faults;
use crate::dev::variables::Variables;

/// After so long without a sign of life at start, what a process wrote is shown.
const SLOW: Duration = Duration::from_secs(3);

/// What every process of a generation runs.
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
    /// The folder of the executable, if it goes with the last process.
    pub(crate) _copy: Option<TempDir>,
}

//! The function behind the gateway: its processes, each an execution environment of Lambda.
//!
//! `lift_gateway::lambda::Function` hands events to environments; here are the processes that
//! those environments belong to, started, watched, replaced and ended. Others run a function that is
//! [`Attached`] or [`Elsewhere`].

mod attached;
mod elsewhere;
mod end;
mod env_file;
mod process;
mod supervisor;

pub(crate) use self::attached::{AS_LONG_AS_IT_TAKES, Attached};
pub(crate) use self::elsewhere::Elsewhere;
pub(crate) use self::supervisor::Supervisor;

use crate::dev::executable::Executable;
use crate::dev::faults::Faults;
use crate::dev::seen::Witnesses;
use crate::dev::variables::Variables;

/// What every process of the function runs.
#[derive(Debug)]
pub(crate) struct Program {
    /// The function's name.
    pub(crate) name: String,
    pub(crate) executable: Executable,
    /// Its environment, but for what differs from process to process.
    pub(crate) variables: Variables,
    /// What goes wrong between a process and its Runtime API, if anything shall.
    pub(crate) faults: Option<Faults>,
    /// Who sees what its processes write.
    pub(crate) witnesses: Witnesses,
}

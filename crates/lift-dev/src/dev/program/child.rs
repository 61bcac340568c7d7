//! A child process in its own process group: cargo, or a process of a function.
//!
//! With its own group, the child does not get the terminal's Ctrl-C; a function has to run until the
//! last `$disconnect`. And Lift can end the child together with its own children.

use std::{io, process::ExitStatus, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    process::{Child as TokioChild, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use super::die_with_parent::die_with_parent;

/// A running child. Dropped, it is killed with its group.
#[derive(Debug)]
pub(crate) struct Child {
    inner: TokioChild,
    group: Pid,
    ended: bool,
}

impl Child {
    /// Starts `command`. Call this on the main thread only, see [`die_with_parent`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        command.process_group(0);
        die_with_parent(command);
        let inner = command.spawn()?;
        let id = inner.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| io::Error::other("the child has no id"))?);
        Ok(Self { inner, group, ended: false })
    }

    /// The process id, which is also the id of its group.
    pub(crate) fn id(&self) -> Pid {
        self.group
    }

    /// The child's stdout, if it is a pipe and was not taken before.
    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.inner.stdout.take()
    }

    /// The child's stderr, likewise.
    pub(crate) fn stderr(&mut self) -> Option<ChildStderr> {
        self.inner.stderr.take()
    }

    /// Waits until the child ends, and then kills the rest of its group.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.inner.wait().await?;
        self.signal(Signal::SIGKILL);
        self.ended = true;
        Ok(status)
    }

    /// Ends the child with SIGTERM, and after `grace` with SIGKILL.
    pub(crate) async fn end(&mut self, grace: Duration) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        if let Ok(status) = timeout(grace, self.wait()).await {
            return status;
        }
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    fn signal(&self, signal: Signal) {
        // After the child was reaped, another group may get its id.
        if !self.ended {
            // An error means that the group has no process left, which is the goal.
            let _ = killpg(self.group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

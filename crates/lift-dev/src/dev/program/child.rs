//! A child process with a group of its own: cargo while it builds, each process of the function.
//!
//! The group keeps the terminal's Ctrl-C away from the child, which must live on until the last
//! `$disconnect` ran, and lets Lift end the child together with whatever it started itself.

use std::{io, process::ExitStatus, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    process::{Child as TokioChild, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::dev::program::die_with_parent::die_with_parent;

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

    /// The child's stdout, the first time that it is asked for and if it is a pipe.
    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.inner.stdout.take()
    }

    /// The child's stderr, likewise.
    pub(crate) fn stderr(&mut self) -> Option<ChildStderr> {
        self.inner.stderr.take()
    }

    /// Waits for the end of the child, and then kills what is left of its group.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.inner.wait().await?;
        self.signal(Signal::SIGKILL);
        self.ended = true;
        Ok(status)
    }

    /// Asks the child to end, gives it `grace` for that, and then kills it.
    pub(crate) async fn end(&mut self, grace: Duration) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        if let Ok(status) = timeout(grace, self.wait()).await {
            return status;
        }
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    fn signal(&self, signal: Signal) {
        // Once the child is reaped and its group was killed, the id may be another's.
        if !self.ended {
            // An error means that nobody is left in the group, which is what we want.
            let _ = killpg(self.group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

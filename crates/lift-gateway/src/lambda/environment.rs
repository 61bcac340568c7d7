//! One process of a function, as its supervisor sees it: an address, a status, an end.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    api,
    process::{InvocationCallback, Phase, ProcessState, Status},
    queue::Queue,
};
use crate::{InvokeError, server};

/// The Runtime API for one process, and the invocation that the process runs.
///
/// A supervisor points the process to [`address`](Self::address), runs [`serve`](Self::serve)
/// beside it and tells [`exited`](Self::exited) when it ended. Dropping an environment is the
/// same as `exited`.
#[derive(Debug)]
pub struct Environment {
    room: Arc<ProcessState>,
    listener: TcpListener,
}

impl Environment {
    pub(super) fn new(queue: Arc<Queue>, listener: TcpListener, told: InvocationCallback) -> Self {
        Self { room: Arc::new(ProcessState::new(queue, told)), listener }
    }

    /// What the process has to find in `AWS_LAMBDA_RUNTIME_API`.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How the process is doing; wakes at each change. A final status stays.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.room.status.subscribe()
    }

    /// Serves the Runtime API; never returns. Drop the future to stop.
    pub async fn serve(&self) {
        let mut connections = JoinSet::new();
        loop {
            let (socket, _) = server::accept(&self.listener).await;
            connections.spawn(api::connection(self.room.clone(), socket));
            while connections.try_join_next().is_some() {}
        }
    }

    /// Gives the process no more work, from now on. What it runs goes on.
    pub fn stop_work(&self) {
        self.room.stop(Phase::Draining);
    }

    /// Gives the process no more work, waits until it has answered what it runs, and then tells
    /// its extensions SHUTDOWN. Work stops with the first poll, and stays stopped if this is dropped.
    pub async fn drain(&self) {
        self.stop_work();
        self.room.empty().await;
        self.room.stop(Phase::Shutdown);
    }

    /// Notes that the process ended: what it ran fails with [`InvokeError::is_exited`], and it gets
    /// nothing more.
    pub fn exited(&self) {
        self.room.stop(Phase::Shutdown);
        self.room.finish(None, Err(InvokeError::exited()));
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.exited();
    }
}

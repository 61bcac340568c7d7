//! One process of a function, as its supervisor sees it.

use std::{future::pending, io, net::SocketAddr, sync::Arc};

use lift_local::Guard;
use tokio::{net::TcpListener, sync::watch};

use super::{
    api,
    process::{InvocationCallback, Phase, ProcessState, Status},
    queue::Queue,
};
use crate::InvokeError;

/// The Runtime API for one process, and the invocation that the process runs.
///
/// A supervisor gives [`address`](Self::address) to the process, runs [`serve`](Self::serve) beside it
/// and calls [`exited`](Self::exited) after its end. Dropping an environment calls `exited`.
#[derive(Debug)]
pub struct Environment {
    process: Arc<ProcessState>,
    listener: TcpListener,
}

impl Environment {
    pub(super) fn new(
        queue: Arc<Queue>,
        listener: TcpListener,
        callback: InvocationCallback,
    ) -> Self {
        Self { process: Arc::new(ProcessState::new(queue, callback)), listener }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API` for the process.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The status of the process. The receiver wakes at each change.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.process.status.subscribe()
    }

    /// Serves the Runtime API to programs. A request of a browser is refused, because a page could take
    /// events and answer them. Never returns: drop the future to stop.
    pub async fn serve(&self) {
        let guard = Guard::programs(self.process.queue.settings.allowed_hosts.clone());
        let process = self.process.clone();
        let api = move |request| {
            let process = process.clone();
            async move { Ok(api::handle(&process, request).await) }
        };
        // There are no timeouts, because a process waits for events.
        lift_local::serve(&self.listener, &guard, None, api, pending()).await;
    }

    /// Gives the process no more work. A running invocation goes on.
    pub fn stop_work(&self) {
        self.process.stop(Phase::Draining);
    }

    /// Gives the process no more work, waits until it has answered the running invocation, and then sends
    /// SHUTDOWN to its extensions. Work stops with the first poll and stays stopped if this future is
    /// dropped.
    pub async fn drain(&self) {
        self.stop_work();
        self.process.finished().await;
        self.process.stop(Phase::Shutdown);
    }

    /// Records the end of the process. Its running invocation fails with [`InvokeError::is_exited`].
    pub fn exited(&self) {
        self.process.stop(Phase::Shutdown);
        self.process.finish(None, Err(InvokeError::exited()));
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.exited();
    }
}

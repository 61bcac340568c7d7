//! Ctrl-C and SIGTERM: the first signal stops Lift in order, the second ends it at once.

use std::{io, time::Duration};

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long remaining tasks may take to drop what they own, at the end of the program.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(2);

/// The two ways to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    /// Cancelled by the first signal.
    pub(crate) graceful: CancellationToken,
    /// Cancelled by the second.
    pub(crate) immediate: CancellationToken,
}

impl Stop {
    /// Listens for signals until the program ends.
    pub(crate) fn listen() -> Result<Self> {
        let mut signals = Signals::new().context("cannot listen for signals")?;
        let stop = Self::default();
        let cancelled = stop.clone();
        tokio::spawn(async move {
            signals.next().await;
            cancelled.graceful.cancel();
            signals.next().await;
            cancelled.immediate.cancel();
        });
        Ok(stop)
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { interrupt, terminate })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

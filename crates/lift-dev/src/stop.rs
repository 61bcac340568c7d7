//! Ctrl-C and SIGTERM. The first asks Lift to stop in order; the second ends it at once.

use std::io;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Both wishes of the user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    /// Cancelled by the first signal.
    pub(crate) in_order: CancellationToken,
    /// Cancelled by the second.
    pub(crate) at_once: CancellationToken,
}

impl Stop {
    /// Listens to signals from now on, for the life of the program.
    pub(crate) fn listen() -> Result<Self> {
        let mut signals = Signals::new().context("cannot listen to signals")?;
        let stop = Self::default();
        let wishes = stop.clone();
        tokio::spawn(async move {
            signals.next().await;
            wishes.in_order.cancel();
            signals.next().await;
            wishes.at_once.cancel();
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

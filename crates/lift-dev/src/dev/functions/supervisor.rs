//! Runs as many processes of a function as its events need: one from the start, more while events
//! wait, and a new one for each that exits. [`Supervisor::swap`] replaces the program.

use std::{convert::Infallible, mem, time::Duration};

use anyhow::Result;
use lift_gateway::{
    InvokeError,
    lambda::{Demand, Function},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{generation::Generation, output::Output, process::ProcessEnd, program::Program};

/// The processes of one function.
pub(crate) struct Supervisor {
    function: Function,
    demand: watch::Receiver<Demand>,
    serving: Generation,
    /// Earlier generations, which finish their events.
    leaving: JoinSet<()>,
    /// How many processes were started, which gives the next one its number.
    started: u64,
    /// The most processes.
    limit: usize,
    backoff: Backoff,
    /// No process is started before this.
    not_before: Instant,
    /// When the last failure was counted.
    last_failure: Instant,
    /// Ends every process.
    stop: CancellationToken,
}

impl Supervisor {
    /// Starts the first process and waits until it asks for an event.
    pub(crate) async fn start(function: Function, program: Program, limit: usize) -> Result<Self> {
        let stop = CancellationToken::new();
        let serving = Generation::start(&function, program, 1, stop.clone()).await?;
        Ok(Self { started: 1, ..Self::new(function, serving, limit, stop) })
    }

    /// Starts no process until there is an event.
    pub(crate) fn lazy(function: Function, program: Program, limit: usize) -> Self {
        let stop = CancellationToken::new();
        Self::new(function, Generation::empty(program, stop.clone()), limit, stop)
    }

    fn new(function: Function, serving: Generation, limit: usize, stop: CancellationToken) -> Self {
        Self {
            demand: function.demand(),
            function,
            serving,
            leaving: JoinSet::new(),
            started: 0,
            limit,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            last_failure: Instant::now(),
            stop,
        }
    }

    /// The program that serves.
    pub(crate) fn program(&self) -> &Program {
        self.serving.program()
    }

    /// Starts and watches processes for as long as this is polled.
    pub(crate) async fn watch(&mut self) -> Infallible {
        loop {
            self.fill().await;
            let is_short = self.serving.alive() < self.serving.wanted;
            tokio::select! {
                Some(end) = self.serving.ended() => match end {
                    Ok(end) => self.process_ended(end),
                    Err(error) => tracing::error!(error = error.to_string(), "lost track of a process"),
                },
                Some(_) = self.leaving.join_next() => {}
                Ok(()) = self.demand.changed() => {}
                () = sleep_until(self.not_before), if is_short => {}
            }
        }
    }

    /// Replaces the program. The current one serves until a process of the new one asks for its first
    /// event; if none does, this fails and the current one keeps serving.
    pub(crate) async fn swap(&mut self, program: Program) -> Result<()> {
        self.started += 1;
        let (function, number, stop) = (self.function.clone(), self.started, self.stop.clone());
        let next = tokio::select! {
            next = Generation::start(&function, program, number, stop) => next?,
            never = self.watch() => match never {},
        };
        // Both ask for events now, so at each moment a process takes them.
        let last = mem::replace(&mut self.serving, next);
        last.leave();
        self.leaving.spawn(last.gone());
        // Failures of the old program do not count against the new one.
        self.backoff.reset();
        self.not_before = Instant::now();
        Ok(())
    }

    /// Ends every process: SIGTERM, then SIGKILL if it does not exit.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.serving.gone().await;
        while self.leaving.join_next().await.is_some() {}
    }

    /// Starts the processes that are needed and allowed now.
    async fn fill(&mut self) {
        let Demand { waiting, idle, busy, .. } = *self.demand.borrow_and_update();
        let alive = self.serving.alive();
        // Processes of earlier generations count as busy. After a swap, this can start one process too
        // many, but never too few.
        let starting = alive.saturating_sub(idle + busy);
        // Each process that starts or is idle takes one event.
        let missing = waiting.saturating_sub(starting + idle);
        self.serving.wanted = self.serving.wanted.max((alive + missing).min(self.limit));

        while self.serving.alive() < self.serving.wanted && Instant::now() >= self.not_before {
            self.started += 1;
            let output = Output::new(self.started, &self.program().observers);
            if let Err(error) = self.serving.add(&self.function, self.started, &output).await {
                self.count_failure();
                tracing::error!(
                    "{}; the next attempt is {}",
                    crate::exit::in_words(&error),
                    self.next_start()
                );
            }
        }
    }

    /// Updates the back-off and the number of processes after a process ended.
    fn process_ended(&mut self, end: ProcessEnd) {
        if end.was_up_long() {
            self.backoff.reset();
        }
        if !end.was_up() {
            // Further processes would fail as well. One is enough until the problem is over; waiting
            // events then start more.
            self.serving.wanted = self.serving.alive().max(1);
            if self.serving.is_lazy && self.serving.alive() == 0 {
                // The next event tries again. Nothing else needs the function.
                self.serving.wanted = 0;
                let reason = format!("the process {} before it asked for its event", end.cause);
                let error = InvokeError::function("Runtime.ExitError", reason);
                self.function.fail_waiting(&error);
            }
        }
        // Processes that ran at the same time and exit together are one failure.
        if end.started >= self.last_failure {
            self.count_failure();
        }
        let next = if self.serving.alive() < self.serving.wanted {
            format!("; another one starts {}", self.next_start())
        } else {
            String::new()
        };
        let name = &self.program().name;
        tracing::warn!("process {} of the function {name} {}{next}", end.number, end.cause);
    }

    /// Counts a failure, and delays the next start by the back-off.
    fn count_failure(&mut self) {
        self.last_failure = Instant::now();
        self.not_before = self.last_failure + self.backoff.next();
    }

    /// When the next process starts, in words.
    fn next_start(&self) -> String {
        match self.not_before.saturating_duration_since(Instant::now()) {
            Duration::ZERO => "now".to_owned(),
            wait => format!("in {:.1} s", wait.as_secs_f64()),
        }
    }
}

/// The wait after the second failure in a row; it doubles with each further one.
const BASE: Duration = Duration::from_secs(1);
/// The longest wait.
const MAX: Duration = Duration::from_secs(30);

/// The back-off of restarts: the first is immediate, then 1 s, 2 s, 4 s, up to 30 s.
#[derive(Debug, Default)]
struct Backoff {
    /// Failures in a row.
    failures: u32,
}

impl Backoff {
    /// Counts a failure, and returns the wait before the next start.
    fn next(&mut self) -> Duration {
        let earlier = self.failures;
        self.failures = earlier.saturating_add(1);
        match earlier {
            0 => Duration::ZERO,
            n => BASE.saturating_mul(1_u32.checked_shl(n - 1).unwrap_or(u32::MAX)).min(MAX),
        }
    }

    fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn the_back_off_grows_to_its_limit_and_is_reset() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.next().as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100 {
            assert_eq!(backoff.next().as_secs(), 30);
        }
        backoff.reset();
        assert_eq!(backoff.next().as_secs(), 0);
    }
}

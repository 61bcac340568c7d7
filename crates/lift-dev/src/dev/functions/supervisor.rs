//! Keeps as many processes of the function as its events need: one from the start, more while
//! events wait, and another one for each that dies. Other code takes over by [`Supervisor::swap`].

use std::{convert::Infallible, mem, time::Duration};

use anyhow::Result;
use lift_gateway::lambda::{Demand, Function};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::dev::functions::{
    backoff::Backoff, end::End, generation::Generation, output::Output, program::Program,
};

/// The processes of one function.
pub(crate) struct Supervisor {
    function: Function,
    demand: watch::Receiver<Demand>,
    serving: Generation,
    /// Those before, which finish what they run.
    leaving: JoinSet<()>,
    /// How many processes there have been, which numbers the next one.
    started: u64,
    cap: usize,
    backoff: Backoff,
    /// No process is started before this.
    not_before: Instant,
    /// When the last trouble was counted.
    trouble: Instant,
    /// Ends every process.
    stop: CancellationToken,
}

impl Supervisor {
    /// Starts the first process and waits until it asks for an event.
    pub(crate) async fn start(function: Function, program: Program, cap: usize) -> Result<Self> {
        let stop = CancellationToken::new();
        let serving = Generation::start(&function, program, 1, stop.clone()).await?;
        Ok(Self {
            demand: function.demand(),
            function,
            serving,
            leaving: JoinSet::new(),
            started: 1,
            cap,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            trouble: Instant::now(),
            stop,
        })
    }

    /// What serves.
    pub(crate) fn program(&self) -> &Program {
        self.serving.program()
    }

    /// Watches the processes for as long as it is polled.
    pub(crate) async fn watch(&mut self) -> Infallible {
        loop {
            self.fill().await;
            let is_short = self.serving.alive() < self.serving.wanted;
            tokio::select! {
                Some(end) = self.serving.ended() => match end {
                    Ok(end) => self.count(end),
                    Err(error) => tracing::error!(%error, "lost track of a process"),
                },
                Some(_) = self.leaving.join_next() => {}
                Ok(()) = self.demand.changed() => {}
                () = sleep_until(self.not_before), if is_short => {}
            }
        }
    }

    /// Puts `program` in the place of the one that serves. That one goes on until a process of the
    /// new one asks for its first event; if none does, nothing has changed but that this failed.
    pub(crate) async fn swap(&mut self, program: Program) -> Result<()> {
        self.started += 1;
        let (function, number, stop) = (self.function.clone(), self.started, self.stop.clone());
        let next = tokio::select! {
            next = Generation::start(&function, program, number, stop) => next?,
            never = self.watch() => match never {},
        };
        // Both ask for events now, so there is no moment without somebody who does.
        let last = mem::replace(&mut self.serving, next);
        last.leave();
        self.leaving.spawn(last.gone());
        // What troubled the last one need not trouble this one.
        self.backoff.reset();
        self.not_before = Instant::now();
        Ok(())
    }

    /// Ends every process: SIGTERM, and SIGKILL for those that do not follow.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.serving.gone().await;
        while self.leaving.join_next().await.is_some() {}
    }

    /// Starts the processes that are wanted and allowed now.
    async fn fill(&mut self) {
        let Demand { waiting, idle, busy, .. } = *self.demand.borrow_and_update();
        let alive = self.serving.alive();
        // Those that leave count as busy, which after a swap may start one too many, never too few.
        let starting = alive.saturating_sub(idle + busy);
        // Those that start, or have just become idle, will each take one event.
        let lacking = waiting.saturating_sub(starting + idle);
        self.serving.wanted = self.serving.wanted.max((alive + lacking).min(self.cap));

        while self.serving.alive() < self.serving.wanted && Instant::now() >= self.not_before {
            self.started += 1;
            let output = Output::passed_on(self.started, &self.program().observers);
            if let Err(error) = self.serving.add(&self.function, self.started, &output).await {
                self.wait_longer();
                tracing::error!("{error:#}; the next attempt comes {}", self.when());
            }
        }
    }

    /// Draws the lesson from the end of a process.
    fn count(&mut self, end: End) {
        if end.was_up_long() {
            self.backoff.reset();
        }
        if !end.was_up() {
            // Others would not come up either: one is enough to find out when that is over, and
            // what waits will ask for more.
            self.serving.wanted = self.serving.alive().max(1);
        }
        // Processes that were there together, and die together, are one trouble.
        if end.started >= self.trouble {
            self.wait_longer();
        }
        let next = match self.serving.alive() < self.serving.wanted {
            true => format!("; another one starts {}", self.when()),
            false => String::new(),
        };
        let name = &self.program().name;
        tracing::warn!("process {} of the function {name} {}{next}", end.number, end.cause);
    }

    /// Counts a trouble, and starts nothing until the wait for it is over.
    fn wait_longer(&mut self) {
        self.trouble = Instant::now();
        self.not_before = self.trouble + self.backoff.next();
    }

    fn when(&self) -> String {
        match self.not_before.saturating_duration_since(Instant::now()) {
            Duration::ZERO => "now".to_owned(),
            wait => format!("in {:.1} s", wait.as_secs_f64()),
        }
    }
}

//! Keeps as many processes of the function as its events need: one from the start, more while
//! events wait, and another one for each that dies.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::{Result, bail};
use lift_gateway::lambda::{Demand, Function, Status};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::dev::backoff::Backoff;
use crate::dev::function::Program;
use crate::dev::function::end::End;
use crate::dev::function::process::Process;
use crate::dev::output::Output;

/// After so long without a sign of life at start, what the process wrote is shown.
const SLOW: Duration = Duration::from_secs(3);

/// The processes of one function.
pub(crate) struct Supervisor {
    function: Function,
    program: Program,
    demand: watch::Receiver<Demand>,
    processes: JoinSet<End>,
    /// How many there have been, which numbers the next one.
    started: u64,
    /// How many there should be now. Grows with what waits; nothing shrinks it but trouble.
    wanted: usize,
    cap: usize,
    backoff: Backoff,
    /// No process is started before this.
    not_before: Instant,
    /// When the last trouble was counted.
    trouble: Instant,
    stop: CancellationToken,
}

impl Supervisor {
    /// Starts the first process and waits until it asks for an event.
    pub(crate) async fn start(function: Function, program: Program, cap: usize) -> Result<Self> {
        let mut supervisor = Self {
            demand: function.demand(),
            function,
            program,
            processes: JoinSet::new(),
            started: 0,
            wanted: 1,
            cap,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            trouble: Instant::now(),
            stop: CancellationToken::new(),
        };
        let output = Output::held(1, &supervisor.program.witnesses);
        let mut status = supervisor.add(&output).await?;
        let slow = sleep(SLOW);
        tokio::pin!(slow);
        loop {
            tokio::select! {
                biased;
                Ok(_) = status.wait_for(|status| *status == Status::Ready) => break,
                Some(end) = supervisor.processes.join_next() => {
                    let (program, cause) = (&supervisor.program.executable, end?.cause);
                    let (fix, words) = (cause.fix(), output.last_lines());
                    bail!("`{program}` {cause} before it asked for its first event: {fix}. {words}");
                }
                () = &mut slow, if !slow.is_elapsed() => {
                    let name = &supervisor.program.name;
                    tracing::warn!("the function {name} is still starting: it asks for no event");
                    output.release();
                }
            }
        }
        output.release();
        Ok(supervisor)
    }

    /// Watches the processes for as long as it is polled.
    pub(crate) async fn watch(&mut self) -> Infallible {
        loop {
            self.fill().await;
            let is_short = self.processes.len() < self.wanted;
            tokio::select! {
                Some(end) = self.processes.join_next() => match end {
                    Ok(end) => self.count(end),
                    Err(error) => tracing::error!(%error, "lost track of a process"),
                },
                Ok(()) = self.demand.changed() => {}
                () = sleep_until(self.not_before), if is_short => {}
            }
        }
    }

    /// Ends every process: SIGTERM, and SIGKILL for those that do not follow.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.processes.join_next().await.is_some() {}
    }

    /// Starts the processes that are wanted and allowed now.
    async fn fill(&mut self) {
        let Demand { waiting, idle, busy, .. } = *self.demand.borrow_and_update();
        let alive = self.processes.len();
        let starting = alive.saturating_sub(idle + busy);
        // Those that start, or have just become idle, will each take one event.
        let lacking = waiting.saturating_sub(starting + idle);
        self.wanted = self.wanted.max((alive + lacking).min(self.cap));

        while self.processes.len() < self.wanted && Instant::now() >= self.not_before {
            let output = Output::passed_on(self.started + 1, &self.program.witnesses);
            if let Err(error) = self.add(&output).await {
                self.wait_longer();
                tracing::error!("{error:#}; the next attempt comes {}", self.when());
            }
        }
    }

    /// Starts one more process.
    async fn add(&mut self, output: &Output) -> Result<watch::Receiver<Status>> {
        self.started += 1;
        let process = Process::start(&self.function, &self.program, self.started, output).await?;
        let status = process.status();
        self.processes.spawn(process.run(self.stop.clone()));
        Ok(status)
    }

    /// Draws the lesson from the end of a process.
    fn count(&mut self, end: End) {
        if end.was_up_long() {
            self.backoff.reset();
        }
        if !end.was_up() {
            // Others would not come up either: one is enough to find out when that is over, and
            // what waits will ask for more.
            self.wanted = self.processes.len().max(1);
        }
        // Processes that were there together, and die together, are one trouble.
        if end.started >= self.trouble {
            self.wait_longer();
        }
        let next = match self.processes.len() < self.wanted {
            true => format!("; another one starts {}", self.when()),
            false => String::new(),
        };
        let name = &self.program.name;
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

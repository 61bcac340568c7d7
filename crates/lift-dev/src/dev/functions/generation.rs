//! A generation: the processes of one build of a program. A swap starts the next generation, and the
//! last one finishes its events.

use std::{sync::Weak, time::Duration};

use anyhow::{Result, bail};
use lift_gateway::lambda::{Environment, Function, Status};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    output::Output,
    process::{Process, ProcessEnd},
    program::Program,
};
use crate::stop::Stop;

/// If the first process has not asked for an event after this time, its output is shown.
const SLOW_START: Duration = Duration::from_secs(3);

/// The processes of one program.
pub(crate) struct Generation {
    program: Program,
    processes: JoinSet<ProcessEnd>,
    /// The environments of the processes, and of some that have ended.
    environments: Vec<Weak<Environment>>,
    /// How many processes there should be. Grows with waiting events; only failures reduce it.
    pub(crate) wanted: usize,
    /// Whether it may have no process.
    pub(crate) is_lazy: bool,
    stop: Stop,
}

impl Generation {
    /// A generation without a process. `immediate` ends all processes that it gets.
    pub(crate) fn empty(program: Program, immediate: CancellationToken) -> Self {
        let stop = Stop { graceful: CancellationToken::new(), immediate };
        let (processes, environments) = (JoinSet::new(), Vec::new());
        Self { program, processes, environments, wanted: 0, is_lazy: true, stop }
    }

    /// Starts the first process, with this number, and waits until it asks for an event. `immediate` ends
    /// all processes of the generation.
    pub(crate) async fn start(
        function: &Function,
        program: Program,
        number: u64,
        immediate: CancellationToken,
    ) -> Result<Self> {
        let mut generation = Self { wanted: 1, is_lazy: false, ..Self::empty(program, immediate) };
        let output = Output::held(number, &generation.program.observers);
        let mut status = generation.add(function, number, &output).await?;
        let slow = sleep(SLOW_START);
        tokio::pin!(slow);
        loop {
            tokio::select! {
                biased;
                Ok(_) = status.wait_for(|status| *status == Status::Ready) => break,
                Some(end) = generation.processes.join_next() => {
                    let (program, cause) = (&generation.program.executable, end?.cause);
                    let (fix, lines) = (cause.fix(), output.last_lines());
                    bail!("`{program}` {cause} before it asked for its first event: {fix}. {lines}");
                }
                () = &mut slow, if !slow.is_elapsed() => {
                    let name = &generation.program.name;
                    tracing::warn!("the function {name} is still starting: it has not asked for an event");
                    output.release();
                }
            }
        }
        output.release();
        Ok(generation)
    }

    /// Starts one more process.
    pub(crate) async fn add(
        &mut self,
        function: &Function,
        number: u64,
        output: &Output,
    ) -> Result<watch::Receiver<Status>> {
        let process = Process::start(function, &self.program, number, output).await?;
        self.environments.retain(|environment| environment.strong_count() > 0);
        self.environments.push(process.environment());
        let status = process.status();
        self.processes.spawn(process.run(self.stop.clone()));
        Ok(status)
    }

    /// The program that they run.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// How many processes there are.
    pub(crate) fn alive(&self) -> usize {
        self.processes.len()
    }

    /// Waits until a process ends; `None` if there is no process.
    pub(crate) async fn ended(&mut self) -> Option<Result<ProcessEnd, JoinError>> {
        self.processes.join_next().await
    }

    /// Takes no more events, finishes the ones it has, and ends.
    pub(crate) fn leave(&self) {
        for environment in self.environments.iter().filter_map(Weak::upgrade) {
            environment.stop_work();
        }
        self.stop.graceful.cancel();
    }

    /// Waits until all processes have ended.
    pub(crate) async fn gone(mut self) {
        while self.processes.join_next().await.is_some() {}
    }
}

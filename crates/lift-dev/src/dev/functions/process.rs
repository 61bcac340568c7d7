//! One process of the function and the Runtime API that is its whole world: an execution
//! environment.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context as _, Result};
use lift_aws::variables;
use lift_faults::Proxy;
use lift_gateway::lambda::{Environment, Function, Status};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    dev::{
        fault_proxies,
        functions::{
            end::{Cause, End},
            output::Output,
            program::Program,
        },
        program::child::Child,
    },
    stop::Stop,
};

/// What Lambda gives a process between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_millis(500);

/// How long the last lines of a dead process may take through its pipes.
const LAST_LINES: Duration = Duration::from_millis(300);

/// A process that was started.
pub(crate) struct Process {
    number: u64,
    started: Instant,
    child: Child,
    environment: Arc<Environment>,
    /// What stands between the process and the environment.
    proxy: Option<Proxy>,
    readers: JoinSet<()>,
}

impl Process {
    /// Starts process `number` of `function`. Call this on the main thread only, because of
    /// [`Child::spawn`].
    pub(crate) async fn start(
        function: &Function,
        program: &Program,
        number: u64,
        output: &Output,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port for the Lambda Runtime API")?;
        let told = output.clone();
        let environment = Arc::new(
            function.environment_that_tells(listener, move |invocation| told.now_has(invocation)),
        );
        let mut api = environment.address()?;
        let mut proxy = None;
        if let Some(faults) = &program.faults {
            let started = fault_proxies::runtime_proxy(faults, api).await?;
            api = started.address();
            proxy = Some(started);
        }
        let own = [
            (variables::RUNTIME_API, &*api.to_string()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &format!("local/[$LATEST]{number}")),
        ];
        let mut command = program.executable.command(&program.variables, &own);
        output.attach(&mut command).context("no pipe for the output of a process")?;
        let started = Instant::now();
        let child = program.executable.spawn(&mut command)?;
        tracing::debug!(number, id = %child.id(), "process started");

        let mut readers = JoinSet::new();
        readers.spawn(output.clone().read());
        Ok(Self { number, started, child, environment, proxy, readers })
    }

    /// Where it gets its work, for as long as it lives.
    pub(crate) fn environment(&self) -> Weak<Environment> {
        Arc::downgrade(&self.environment)
    }

    /// How the process is doing.
    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.environment.status()
    }

    /// Serves and watches the process until it ends, or ends it when `stop` says so: in order it
    /// finishes what it runs, at once it has a moment.
    pub(crate) async fn run(self, stop: Stop) -> End {
        let Self { number, started, mut child, environment, proxy, readers } = self;
        let mut asking_since = None;
        let cause = tokio::select! {
            cause = watch(&mut child, &environment, &mut asking_since, &stop) => cause,
            // It never returns, and it goes on while the process is being ended.
            () = environment.serve() => Cause::Lost(io::ErrorKind::NotConnected.into()),
        };
        // First of all: an event that the process had is failed by this.
        drop((environment, proxy));
        let asked_for = asking_since.map(|since: Instant| since.elapsed());
        let _ = timeout(LAST_LINES, readers.join_all()).await;
        End { number, cause, started, asked_for }
    }
}

async fn watch(
    child: &mut Child,
    environment: &Environment,
    asking_since: &mut Option<Instant>,
    stop: &Stop,
) -> Cause {
    let mut status = environment.status();
    let left = leave(environment, stop);
    tokio::pin!(left);
    loop {
        // What an ended process exits with is of no interest: it is the ending that has a cause.
        let now = status.borrow_and_update().clone();
        match now {
            Status::Ready if asking_since.is_none() => *asking_since = Some(Instant::now()),
            Status::InitFailed { kind, message } => {
                let _ = child.end(GRACE).await;
                return Cause::Init { kind, message };
            }
            Status::TimedOut => {
                let _ = child.end(Duration::ZERO).await;
                return Cause::TimedOut;
            }
            _ => {}
        }
        tokio::select! {
            status = child.wait() => return status.into(),
            Ok(()) = status.changed() => {}
            () = &mut left => return child.end(GRACE).await.into(),
        }
    }
}

/// Waits until the process is to go and has nothing left to do, or no more time for that.
async fn leave(environment: &Environment, stop: &Stop) {
    tokio::select! {
        () = stop.in_order.cancelled() => {}
        () = stop.at_once.cancelled() => {}
    }
    let out_of_time = async {
        // The gateway has waited for what runs, so this only says goodbye to extensions.
        stop.at_once.cancelled().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        () = environment.drain() => {}
        () = out_of_time => {}
    }
}

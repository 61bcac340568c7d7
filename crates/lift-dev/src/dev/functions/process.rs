//! One process of a function, with a Runtime API of its own: an execution environment.

use std::{
    fmt::{self, Display, Formatter},
    io,
    net::Ipv4Addr,
    process::ExitStatus,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context as _, Result};
use lift_aws::variables::RUNTIME_API;
use lift_faults::Proxy;
use lift_gateway::lambda::{Environment, Function, Status};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{output::Output, program::Program};
use crate::{
    dev::{fault_proxies, program::child::Child},
    stop::Stop,
};

/// The time between SIGTERM and SIGKILL, as on Lambda.
const GRACE: Duration = Duration::from_millis(500);

/// How long the last lines of an ended process may take through its pipes.
const OUTPUT_DRAIN: Duration = Duration::from_millis(300);

/// A process that was up for this time counts as started: its end is a new failure. Short, so that an
/// event that kills its process does not delay other events. Long enough that a process that exits by
/// itself is not restarted without a pause.
const STARTED_AFTER: Duration = Duration::from_millis(250);

/// A started process.
pub(crate) struct Process {
    number: u64,
    started: Instant,
    child: Child,
    environment: Arc<Environment>,
    /// Injects faults between the process and its environment.
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
        let for_environment = output.clone();
        let environment =
            Arc::new(function.environment_with_callback(listener, move |invocation| {
                for_environment.set_invocation(invocation);
            }));
        let mut api = environment.address()?;
        let mut proxy = None;
        if let Some(faults) = &program.faults {
            let started = fault_proxies::runtime_proxy(faults, api).await?;
            api = started.address();
            proxy = Some(started);
        }
        let process_variables = [
            (RUNTIME_API, &*api.to_string()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &format!("local/[$LATEST]{number}")),
        ];
        let mut command = program.executable.command(&program.variables, &process_variables);
        output.attach(&mut command).context("no pipe for the output of a process")?;
        let started = Instant::now();
        let child = program.executable.spawn(&mut command)?;
        tracing::debug!(number, id = child.id().as_raw(), "process started");

        let mut readers = JoinSet::new();
        readers.spawn(output.clone().read());
        Ok(Self { number, started, child, environment, proxy, readers })
    }

    /// Its execution environment, for as long as it lives.
    pub(crate) fn environment(&self) -> Weak<Environment> {
        Arc::downgrade(&self.environment)
    }

    /// The status of its execution environment.
    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.environment.status()
    }

    /// Serves and watches the process until it ends. `stop.graceful` lets it finish its event first;
    /// `stop.immediate` gives it [`GRACE`].
    pub(crate) async fn run(self, stop: Stop) -> ProcessEnd {
        let Self { number, started, mut child, environment, proxy, readers } = self;
        let mut up_since = None;
        let cause = tokio::select! {
            cause = watch(&mut child, &environment, &mut up_since, &stop) => cause,
            // Never returns. It is polled until the process has ended.
            () = environment.serve() => EndCause::Lost(io::ErrorKind::NotConnected.into()),
        };
        // Dropped first, because this fails the event that the process had.
        drop((environment, proxy));
        let up_for = up_since.map(|since: Instant| since.elapsed());
        let _ = timeout(OUTPUT_DRAIN, readers.join_all()).await;
        ProcessEnd { number, cause, started, up_for }
    }
}

async fn watch(
    child: &mut Child,
    environment: &Environment,
    up_since: &mut Option<Instant>,
    stop: &Stop,
) -> EndCause {
    let mut status = environment.status();
    let stopped = stopped(environment, stop);
    tokio::pin!(stopped);
    loop {
        // If Lift ends the process, the cause is why, not its exit status.
        let now = status.borrow_and_update().clone();
        match now {
            Status::Ready if up_since.is_none() => *up_since = Some(Instant::now()),
            Status::InitFailed { kind, message } => {
                let _ = child.end(GRACE).await;
                return EndCause::Init { kind, message };
            }
            Status::TimedOut => {
                let _ = child.end(Duration::ZERO).await;
                return EndCause::TimedOut;
            }
            _ => {}
        }
        tokio::select! {
            status = child.wait() => return status.into(),
            Ok(()) = status.changed() => {}
            () = &mut stopped => return child.end(GRACE).await.into(),
        }
    }
}

/// Waits until the process should end: it was told to stop, and has finished its event or has no more
/// time for it.
async fn stopped(environment: &Environment, stop: &Stop) {
    tokio::select! {
        () = stop.graceful.cancelled() => {}
        () = stop.immediate.cancelled() => {}
    }
    let out_of_time = async {
        // The gateway has already waited for running events, so this time is for extensions.
        stop.immediate.cancelled().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        () = environment.drain() => {}
        () = out_of_time => {}
    }
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct ProcessEnd {
    /// The number that its log lines carry.
    pub(crate) number: u64,
    pub(crate) cause: EndCause,
    /// When it was started.
    pub(crate) started: Instant,
    /// The time since it first asked for an event, if it did.
    up_for: Option<Duration>,
}

/// Why a process ended.
#[derive(Debug)]
pub(crate) enum EndCause {
    /// It exited or was killed.
    Exit(ExitStatus),
    /// It reported that it cannot start, and was ended.
    Init { kind: String, message: String },
    /// Its event took longer than the function's timeout, and it was killed, as on Lambda.
    TimedOut,
    /// It could not be watched, and was killed.
    Lost(io::Error),
}

impl ProcessEnd {
    /// Whether the process was up before it ended. Then another one probably starts as well.
    pub(crate) fn was_up(&self) -> bool {
        self.up_for.is_some()
    }

    /// Whether it was up for long enough that its end is a new failure and not the last one again.
    pub(crate) fn was_up_long(&self) -> bool {
        self.up_for.is_some_and(|time| time >= STARTED_AFTER)
    }
}

impl EndCause {
    /// How to fix a process that did not start.
    pub(crate) fn fix(&self) -> &'static str {
        match self {
            Self::Exit(status) if status.success() => {
                "a function keeps asking the Lambda Runtime API for events, which a runtime client \
                 such as `python3 -m awslambdaric app.handler` does"
            }
            _ => "fix that",
        }
    }
}

impl From<io::Result<ExitStatus>> for EndCause {
    fn from(status: io::Result<ExitStatus>) -> Self {
        status.map_or_else(Self::Lost, Self::Exit)
    }
}

impl Display for EndCause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "ended ({status})"),
            // The function's own text is quoted, so that it cannot contain terminal escapes.
            Self::Init { kind, message } => {
                write!(f, "reported that it cannot start ({kind:?}: {message:?})")
            }
            Self::TimedOut => f.write_str("took too long for an event and was killed"),
            Self::Lost(error) => write!(f, "could not be watched ({error})"),
        }
    }
}

//! `lift replay`: replays the events of a recording, and compares replies and posts.
//!
//! ```text
//! recording -> plan -> stack: functions, database -> each event -> compare -> report
//!                                   '-- posts --> connections ------'
//! ```

mod compare;
mod connections;
mod show;

use std::{
    collections::{BTreeMap, HashMap},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use lift_gateway::{Backend as _, Outcome};
use lift_invoke::{Integration, NamedFunction, Source};
use lift_local::HostNames;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::{
    compare::{Comparison, Difference},
    connections::Connections,
    show::ReplayReport,
};
use crate::{
    args::ReplayArgs,
    data_dir::DataDir,
    dev::{
        plan::{self, AccessPlan, ApiPlan},
        reload::WatchPlan,
        stack::{Stack, StackConfig, StartedStack},
    },
    escape,
    exit::{self, Interrupted},
    observe::{Observed, ObservedKind, Observer, Observers},
    recording::{
        self, Answer, MessageText, RecordedAnswer, RecordedError, RecordedKind, RecordedSource,
        Recording,
    },
    stop::{SHUTDOWN, Stop},
};

/// The secret key of the functions' credentials. A replay does not check signatures.
const SECRET_KEY: &str = "local";

/// Replays a recording. The exit code says whether everything was as recorded.
pub(crate) fn run(args: ReplayArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let result = runtime.block_on(async {
        let stop = Stop::listen()?;
        tokio::select! {
            result = Box::pin(replay(args)) => result,
            () = stop.graceful.cancelled() => Err(Interrupted.into()),
        }
    });
    runtime.shutdown_timeout(SHUTDOWN);
    match result {
        // 1 is for differences, as with `diff`.
        Err(error) if !error.is::<Interrupted>() => {
            exit::report(&error);
            Ok(ExitCode::from(2))
        }
        result => result,
    }
}

async fn replay(args: ReplayArgs) -> Result<ExitCode> {
    let recording = recording::read(&args.recording)?;
    if let Some(reason) = &recording.incomplete {
        tracing::warn!("the recording is incomplete: {reason}", reason = escape::line(reason));
    }
    let ReplayArgs { mut app, ignore, verbose, .. } = args;
    app.stage.get_or_insert_with(|| recording.head.stage.clone());
    let plan = plan::read(&app).await?;
    let folder =
        tempfile::tempdir().context("cannot create a folder for the database of the replay")?;
    let (gateway, database) = (free_port().await?, free_port().await?);
    let lambda = free_port().await?;
    let connections = Connections::default();
    let config = StackConfig {
        data_dir: DataDir::lock(folder.path())?,
        database,
        lambda,
        gateway: gateway.local_addr()?,
        secret_key: SECRET_KEY,
        // Events are replayed one at a time, so one process is enough.
        concurrency: 1,
        faults: None,
        allowed_hosts: HostNames::default(),
        observers: &Observers::new(vec![Box::new(PrintLines)]),
        watch: WatchPlan::new(true, &[])?,
    };
    let serving = tokio::spawn(connections.clone().serve(gateway));
    let StartedStack { mut stack, api, .. } = Stack::start(plan, config).await?;
    let functions = stack.functions.named();
    let replay = Replay::new(functions, &api, connections, Comparison { ignored: ignore });
    let mut report = ReplayReport::new(verbose, recording.incomplete.is_some());
    let never = CancellationToken::new();
    let replayed = tokio::select! {
        replayed = replay.run(&recording, &mut report) => replayed,
        never = stack.watch(None, &never) => match never {},
    };
    stack.stop().await;
    serving.abort();
    replayed?;
    report.summary()?;
    Ok(if report.different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn free_port() -> Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("no free port")
}

/// The functions that the events go to.
struct Replay {
    functions: Vec<NamedFunction>,
    /// The index of the function of each route.
    routes: HashMap<String, usize>,
    authorizer: Option<usize>,
    connections: Connections,
    comparison: Comparison,
}

impl Replay {
    fn new(
        functions: Vec<NamedFunction>,
        api: &ApiPlan,
        connections: Connections,
        comparison: Comparison,
    ) -> Self {
        let routes = api.routes.iter().map(|route| (route.key.clone(), route.function)).collect();
        let authorizer = match &api.access {
            AccessPlan::Lambda(authorizer) => Some(authorizer.function),
            AccessPlan::Public | AccessPlan::Iam => None,
        };
        Self { functions, routes, authorizer, connections, comparison }
    }

    /// Replays all lines of the recording.
    async fn run(&self, recording: &Recording, report: &mut ReplayReport) -> Result<()> {
        let answers = recording.answers();
        let mut posted = BTreeMap::<&str, Vec<MessageText>>::new();
        for line in &recording.lines {
            let id = &*line.connection;
            match &line.kind {
                RecordedKind::Event { invocation, route, event } => {
                    let what = describe(*invocation, route.as_deref(), id);
                    let function = self.of_route(&what, route.as_deref())?;
                    let (event, answer) = (event.get(), answers.get(invocation).copied());
                    self.event(function, &what, event, answer, recording, report).await?;
                }
                // The function that called it calls it again.
                RecordedKind::Invoke { source, .. } if source == Source::Function.as_str() => {}
                RecordedKind::Invoke { invocation, function, source, schedule, event } => {
                    let name = schedule.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
                    let what = format!("event {invocation}, {source}{name}, function {function}");
                    let found = self.functions.iter().find(|one| one.user_name() == function);
                    let found =
                        found.with_context(|| format!("{what}: the app no longer has it"))?;
                    let (event, answer) = (event.get(), answers.get(invocation).copied());
                    let function = &found.integration;
                    self.event(function, &what, event, answer, recording, report).await?;
                }
                RecordedKind::Opened => self.connections.open(id, line.at),
                RecordedKind::Closed { .. } => self.connections.close(id),
                RecordedKind::Sent { from: RecordedSource::Post, message } => {
                    posted.entry(id).or_default().push(message.clone());
                }
                _ => {}
            }
        }
        let mut now = self.connections.posted();
        for (id, recorded) in &posted {
            let now = now.remove(*id).unwrap_or_default();
            report.posts += recorded.len() as u64;
            let mut differences = self.comparison.posts(recorded, &now);
            if recording.incomplete.is_some() {
                // Later posts are not recorded.
                differences.retain(|difference| !matches!(difference, Difference::Now(_)));
            }
            report.compared(&format!("posts to {id}"), &differences)?;
        }
        for (id, now) in now.into_iter().filter(|_| recording.incomplete.is_none()) {
            report.compared(&format!("posts to {id}"), &self.comparison.posts(&[], &now))?;
        }
        Ok(())
    }

    /// The function of a route, or the authorizer.
    fn of_route(&self, what: &str, route: Option<&str>) -> Result<&Integration> {
        let function = match route {
            Some(key) => self.routes.get(key).copied(),
            None => self.authorizer,
        };
        let function = function.and_then(|function| self.functions.get(function));
        let function = function.map(|function| &function.integration);
        function.with_context(|| format!("{what}: the app no longer has this route"))
    }

    /// Replays one event, and compares the reply.
    async fn event(
        &self,
        function: &Integration,
        what: &str,
        event: &str,
        recorded: Option<RecordedAnswer<'_>>,
        recording: &Recording,
        report: &mut ReplayReport,
    ) -> Result<()> {
        // Without a recorded answer, there is nothing to compare with. If the recording stopped while the function
        // was still working, its posts may be recorded.
        if recorded.is_none() && recording.incomplete.is_none() {
            return Ok(());
        }
        let returned = function.invoke(Bytes::copy_from_slice(event.as_bytes())).await;
        let Some(recorded) = recorded else { return Ok(()) };
        let now = Answer::of(Outcome::of(returned));
        report.events += 1;
        let what = match &now.error {
            Some(RecordedError { code, message, .. }) => &*format!("{what}: {code}: {message}"),
            None => what,
        };
        Ok(report.compared(what, &self.comparison.answers(recorded, now.borrow()))?)
    }
}

/// An event, as the report names it.
fn describe(invocation: u64, route: Option<&str>, connection: &str) -> String {
    let route = route.map_or("the authorizer".to_owned(), |key| format!("route {key}"));
    format!("event {invocation}, {route}, connection {connection}")
}

/// Prints what the functions write to stderr.
struct PrintLines;

impl Observer for PrintLines {
    fn observe(&self, observed: &Observed) {
        if let ObservedKind::Line { text, .. } = &observed.kind {
            exit::note(format_args!("  | {}", escape::line(text)));
        }
    }
}

//! `lift replay`: the events of a recording once more, and what is different now.
//!
//! ```text
//! recording -> plan -> behind: functions, database -> each event -> compare -> report
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
use lift_gateway::Backend as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::{compare::Comparison, connections::Connections, show::Report};
use crate::{
    args::ReplayArgs,
    data_dir::DataDir,
    dev::{
        LAST_GRACE,
        functions::Target,
        plan::{AccessPlan, Plan},
        reload::WatchPlan,
        stack::{Stack, StackConfig},
        terminal::escape::escape,
    },
    exit::{self, Interrupted},
    observe::{Observed, ObservedKind, Observer, Observers},
    recording::{self, Answer, Recording, Source, Text, What},
    stop::Stop,
};

/// The secret key that functions sign with; nobody checks it here.
const SECRET_KEY: &str = "local";

/// Replays, and says whether all was as recorded.
pub(crate) fn run(args: ReplayArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let result = runtime.block_on(async {
        let stop = Stop::listen()?;
        tokio::select! {
            result = Box::pin(replay(args)) => result,
            () = stop.in_order.cancelled() => Err(Interrupted.into()),
        }
    });
    runtime.shutdown_timeout(LAST_GRACE);
    match result {
        // 1 is for differences, as `diff` has it.
        Err(error) if !error.is::<Interrupted>() => {
            exit::report(&error);
            Ok(ExitCode::from(2))
        }
        result => result,
    }
}

async fn replay(args: ReplayArgs) -> Result<ExitCode> {
    let recording = recording::read(&args.recording)?;
    let ReplayArgs { mut app, ignore, verbose, .. } = args;
    app.stage.get_or_insert_with(|| recording.head.stage.clone());
    let plan = Plan::read(&app).await?;
    let folder = tempfile::tempdir().context("no folder for the database of the replay")?;
    let listen = async || TcpListener::bind("127.0.0.1:0").await.context("no free port");
    let (gateway, database) = (listen().await?, listen().await?);
    let connections = Connections::default();
    let config = StackConfig {
        data_dir: DataDir::lock(folder.path().to_owned())?,
        database,
        gateway: gateway.local_addr()?,
        secret_key: SECRET_KEY,
        // One event at a time needs one process.
        concurrency: 1,
        faults: None,
        observers: &Observers::new(vec![Box::new(Lines)]),
        watch: WatchPlan::new(true, &[])?,
    };
    let serving = tokio::spawn(connections.clone().serve(gateway));
    let mut stack = Stack::start(plan, config).await?;

    let again = Again::new(&stack, connections, Comparison { ignored: ignore });
    let mut report = Report::new(verbose);
    let never = CancellationToken::new();
    let replayed = tokio::select! {
        replayed = again.all(&recording, &mut report) => replayed,
        never = stack.watch(None, &never) => match never {},
    };
    stack.stop().await;
    serving.abort();
    replayed?;
    report.sum()?;
    Ok(if report.different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The functions that get the events again.
struct Again {
    targets: Vec<Target>,
    /// Which of them has which route.
    routes: HashMap<String, usize>,
    authorizer: Option<usize>,
    connections: Connections,
    comparison: Comparison,
}

impl Again {
    fn new(stack: &Stack, connections: Connections, comparison: Comparison) -> Self {
        let api = &stack.api;
        let routes = api.routes.iter().map(|route| (route.key.clone(), route.function)).collect();
        let authorizer = match &api.access {
            AccessPlan::Lambda(authorizer) => Some(authorizer.function),
            AccessPlan::Everybody | AccessPlan::Iam => None,
        };
        let targets = stack.functions.targets();
        Self { targets, routes, authorizer, connections, comparison }
    }

    /// Goes through the recording from its first line to its last.
    async fn all(&self, recording: &Recording, report: &mut Report) -> Result<()> {
        let answers = recording.answers();
        let mut posted = BTreeMap::<&str, Vec<Text>>::new();
        for line in &recording.lines {
            let id = &*line.connection;
            match &line.what {
                What::Event { invocation, route, event } => {
                    // An event that was never answered has nothing to compare with.
                    if let Some(&answer) = answers.get(invocation) {
                        let what = name(*invocation, route.as_deref(), id);
                        self.one(&what, route.as_deref(), event.get(), answer, report).await?;
                    }
                }
                What::Opened => self.connections.open(id, line.at),
                What::Closed { .. } => self.connections.close(id),
                What::Sent { from: Source::Post, message } => {
                    posted.entry(id).or_default().push(message.clone());
                }
                _ => {}
            }
        }
        let mut now = self.connections.posted();
        for (id, recorded) in &posted {
            let now = now.remove(*id).unwrap_or_default();
            report.posts += recorded.len() as u64;
            let differences = self.comparison.posts(recorded, &now);
            report.compared(&format!("posts to {id}"), &differences)?;
        }
        for (id, now) in now {
            report.compared(&format!("posts to {id}"), &self.comparison.posts(&[], &now))?;
        }
        Ok(())
    }

    async fn one(
        &self,
        what: &str,
        route: Option<&str>,
        event: &str,
        recorded: Answer<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let function = match route {
            Some(key) => self.routes.get(key).copied(),
            None => self.authorizer,
        };
        let target = function.and_then(|function| self.targets.get(function));
        let target = target.with_context(|| {
            format!("{what}: the app has no such route any more, so the event goes nowhere")
        })?;
        let answer = target.invoke(Bytes::copy_from_slice(event.as_bytes())).await;
        let now = recording::outcome(answer);
        let now = now.as_deref().map(serde_json::value::RawValue::get);
        report.events += 1;
        Ok(report.compared(what, &self.comparison.answers(recorded, now))?)
    }
}

fn name(invocation: u64, route: Option<&str>, connection: &str) -> String {
    let route = route.map_or("the authorizer".to_owned(), |key| format!("route {key}"));
    format!("event {invocation}, {route}, connection {connection}")
}

/// What the functions write goes to stderr.
struct Lines;

impl Observer for Lines {
    fn observe(&self, observed: &Observed) {
        if let ObservedKind::Line { text, .. } = &observed.kind {
            eprintln!("  | {}", escape(text));
        }
    }
}

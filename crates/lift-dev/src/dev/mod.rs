//! `lift dev`: runs an app on this machine as it runs on AWS.
//!
//! ```text
//! args -> plan -> program (build, describe) -> stack: functions, dynamodb -> api -> gateway -> ui
//!                                                 '-- reload                  '-> terminal
//! ```
//!
//! [`App::start`] starts these one after the other; [`App::serve`] serves until the end and stops them.
//! Everything that spawns a process runs in the future given to `block_on`, which is on the main
//! thread: see `program/die_with_parent.rs`.

mod api;
mod certificate;
pub(crate) mod dynamodb;
mod fault_proxies;
pub(crate) mod functions;
mod keys;
pub(crate) mod plan;
pub(crate) mod program;
pub(crate) mod reload;
pub(crate) mod stack;
pub(crate) mod terminal;
mod ui;

use std::{
    collections::BTreeMap, convert::Infallible, future::pending, mem, net::SocketAddr, sync::Arc,
};

use anyhow::{Context as _, Result};
use lift_aws::{DynamoStore, variables};
use lift_gateway::{Authorization, Limits, MessageOrder, Server, Settings};
use lift_inspector::{Attached, Inspector, Rows};
use lift_invoke::Schedule;
use tokio::net::TcpListener;

use crate::{
    args::{DevArgs, LogFormat, TerminalArgs},
    data_dir::{DEFAULT_DATA_DIR, DataDir},
    dev::{
        api::{
            access::{Access, LOCAL},
            listen, models,
        },
        functions::{attached::DEBUGGER_TIMEOUT, environment::LAMBDA_ENDPOINT},
        keys::{Keys, Targets},
        plan::Plan,
        reload::{Restart, WatchPlan},
        stack::{Stack, StackConfig, StartedStack},
        terminal::Terminal,
        ui::{inspector::TableRows, notices, ready::Ready},
    },
    exit::Interrupted,
    memory,
    observe::{Observer, Observers},
    recording::{self, Header, Recorder},
    running::{Announcement, RunningApp},
    stop::{SHUTDOWN, Stop},
};

/// Runs the app that `args` name until it is stopped.
pub(crate) fn run(args: DevArgs) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let (terminal, terminal_thread) = terminal::start(args.terminal.log);
    let result = runtime.block_on(async {
        let stop = Stop::listen()?;
        tokio::select! {
            result = Box::pin(start_and_serve(args, terminal, &stop)) => result,
            () = stop.immediate.cancelled() => Err(Interrupted.into()),
        }
    });
    // After an interruption, tasks still own processes. Dropping the tasks kills the processes.
    runtime.shutdown_timeout(SHUTDOWN);
    terminal_thread.end();
    result
}

async fn start_and_serve(args: DevArgs, terminal: Terminal, stop: &Stop) -> Result<()> {
    let app = tokio::select! {
        app = App::start(args, terminal) => app?,
        () = stop.graceful.cancelled() => return Err(Interrupted.into()),
    };
    app.serve(stop).await
}

/// A started app, before its gateway serves clients.
struct App {
    running: RunningApp,
    listener: TcpListener,
    settings: Settings,
    access: Access,
    stack: Stack,
    store: Option<DynamoStore>,
    inspector: Option<Inspector>,
    recorder: Option<Recorder>,
    /// Whether schedules fire by their expressions.
    has_schedules: bool,
    restart: Restart,
    args: TerminalArgs,
}

impl App {
    async fn start(args: DevArgs, terminal: Terminal) -> Result<Self> {
        let faults = args.faults.as_deref().map(fault_proxies::read_plan).transpose()?;
        let access = Access::new(&args.gateway)?;
        let allowed_hosts = args.gateway.allowed_hosts();
        let mut plan = plan::read(&args.app).await?;
        plan.api.stage_variables.extend(args.gateway.stage_variables);
        for (key, file) in args.gateway.models {
            plan.api.models.insert(key, models::read(&file)?);
        }
        for notice in &plan.notices {
            tracing::warn!("{notice}");
        }
        notices::print(&plan.ignored);
        let listener = listen::gateway(args.listen).await?;
        let gateway = listen::reachable(listener.local_addr()?);
        let database = listen::next_port(gateway).await?;
        let lambda = listen::next_port(database.local_addr()?).await?;
        let index = plan.page();
        let data_dir = args.data_dir.unwrap_or_else(|| plan.folder.join(DEFAULT_DATA_DIR));
        let data_dir = DataDir::lock(&data_dir)?;
        let watch = WatchPlan::new(args.no_reload, &args.watch)?;
        let restart = watch.restart();
        let recorder = match &args.record {
            Some(path) => {
                let limit = args.record_limit;
                Some(Recorder::start(path, &plan.name, &plan.api.stage, limit)?)
            }
            None => None,
        };
        // The inspector answers only requests from this machine, to an address on loopback.
        let has_inspector = !args.no_inspector && gateway.ip().is_loopback();
        let inspector = has_inspector.then(|| inspector(&plan, &access)).transpose()?;
        let observers = observers(terminal, inspector.as_ref(), recorder.as_ref());
        let config = StackConfig {
            data_dir,
            database,
            lambda,
            gateway,
            secret_key: access.secret_key(),
            allowed_hosts: allowed_hosts.clone(),
            concurrency: args.concurrency,
            faults,
            observers: &observers,
            watch,
        };
        let (name, folder) = (plan.name.clone(), plan.folder.clone());
        let StartedStack { stack, mut api, store } = Stack::start(plan, config).await?;
        if let Some(inspector) = &inspector {
            inspector.show_subprotocols(mem::take(&mut api.subprotocols));
        }
        let mut limits = Limits::default();
        if stack.functions.has_attached_debugger() {
            limits.integration_timeout = DEBUGGER_TIMEOUT;
        }
        let region = stack.region.clone();
        let signatures = access.signatures(&region);
        let settings = Settings {
            connections: access.connections(&region, allowed_hosts),
            order: if args.gateway.serial {
                MessageOrder::Serial
            } else {
                MessageOrder::Concurrent
            },
            limits,
            index,
            region,
            observer: observers.of_gateway(),
            local_pages: inspector.as_ref().map(Inspector::local_pages),
            tls: Some(stack.certificate.tls()),
            ..api.settings(&stack.functions.integrations(), signatures)?
        };
        let running = RunningApp {
            process: std::process::id().cast_signed(),
            name,
            folder: folder.canonicalize().unwrap_or(folder),
            data_dir: stack.data_dir.path().to_owned(),
            gateway,
            stage: settings.stage.clone(),
            database: stack.database.address(),
            lambda: stack.lambda,
            variables: variables(&stack, gateway, &settings.stage, access.secret_key()),
        };
        let (has_schedules, args) = (!args.no_schedules, args.terminal);
        Ok(Self {
            running,
            listener,
            settings,
            access,
            stack,
            store,
            inspector,
            recorder,
            has_schedules,
            restart,
            args,
        })
    }

    /// Serves clients until `stop`. Then ends everything in an order in which nothing is used after
    /// its end: the gateway, then the stack.
    async fn serve(self, stop: &Stop) -> Result<()> {
        let announcement = Announcement::new(&self.running, self.stack.data_dir.run())?;
        let mut keys = self.print_ready(stop)?.map(Keys::start).transpose()?;
        let Self { running, listener, settings, mut stack, store, inspector, recorder, .. } = self;
        let schedules = stack.schedules.clone();
        let shutdown = stop.graceful.clone().cancelled_owned();
        let server = Server::new(listener, settings)?;
        let handle = server.handle();
        if let Some(inspector) = &inspector {
            let rows =
                |store| Arc::new(TableRows { store, gateway: handle.clone() }) as Arc<dyn Rows>;
            let stage = running.stage;
            let head = Header::new(running.name, &stage);
            inspector.attach(Attached {
                handle: handle.clone(),
                stage,
                rows: store.map(rows),
                tables: Some(Arc::new(stack.database.reader(stack.tables.clone()))),
                write_recording: Some(Arc::new(move |events| recording::export(&head, events))),
            });
        }
        let gateway = tokio::spawn(server.run(async move {
            shutdown.await;
            tracing::info!("stopping; press Ctrl-C again to end at once");
            inspector.iter().for_each(Inspector::stop);
        }));
        // The processes are watched until the gateway has ended, because the `$disconnect` events of
        // its clients still need them.
        let served = tokio::select! {
            served = gateway => served,
            never = stack.watch(Some(&handle), &stop.graceful) => match never {},
            never = memory::return_unused() => match never {},
            never = run_keys(&mut keys) => match never {},
            never = schedules.run(), if self.has_schedules => match never {},
        };
        drop((announcement, keys));
        stack.stop().await;
        if let Some(recorder) = recorder {
            tracing::info!("{}", recorder.end()?);
        }
        served.context("the gateway panicked")?.context("the gateway failed")
    }

    /// Prints the ready block, and opens the browser if `--open` asks for it. Returns what the keys act on, if
    /// keys are read.
    fn print_ready(&self, stop: &Stop) -> Result<Option<Targets>> {
        let Self { settings, stack, access, .. } = self;
        let is_signed = matches!(settings.authorization, Authorization::Iam(_));
        let signed = is_signed.then(|| access.keys(&settings.region));
        let schedules: Vec<String> = stack.schedules.all().iter().map(Schedule::summary).collect();
        let ready = Ready {
            gateway: self.listener.local_addr()?,
            stage: &settings.stage,
            has_page: settings.index.is_some(),
            inspector: self.inspector.is_some(),
            inspector_token: access.inspector_token(),
            database: stack.database.address(),
            lambda: stack.lambda,
            tables: &stack.tables,
            schedules: &schedules,
            has_schedules: self.has_schedules,
            attach: &stack.functions.attach_lines()?,
            seed: stack.proxies.as_ref().map(|proxies| proxies.faults.plan().seed()),
            signed: signed.as_deref(),
            access: access.ready_line(&settings.region),
            token: access.bearer_token(),
            narrow: terminal::is_narrow(&console::Term::stdout()),
            keys: keys::are_on(self.args.log),
        };
        ready
            .print(self.args.log == LogFormat::Json)
            .context("cannot write the ready block to stdout")?;
        if self.args.open {
            ready.open_browser();
        }
        Ok(ready.keys.then(|| Targets {
            page: ready.page(),
            inspector: ready.inspector(),
            restart: self.restart.clone(),
            schedules: self.stack.schedules.clone(),
            stop: stop.clone(),
        }))
    }
}

/// The variables of a program beside the app. They bypass the fault proxies.
fn variables(
    stack: &Stack,
    gateway: SocketAddr,
    stage: &str,
    secret_key: &str,
) -> BTreeMap<String, String> {
    let mut variables = stack.shared.clone();
    for (name, value) in [
        (variables::ACCESS_KEY_ID, LOCAL.to_owned()),
        (variables::SECRET_ACCESS_KEY, secret_key.to_owned()),
        ("AWS_SESSION_TOKEN", LOCAL.to_owned()),
        (variables::REGION, stack.region.clone()),
        (variables::DEFAULT_REGION, stack.region.clone()),
        (variables::DYNAMODB_ENDPOINT, format!("http://{}", stack.database.address())),
        (variables::MANAGEMENT_ENDPOINT, format!("http://{gateway}/{stage}")),
        (LAMBDA_ENDPOINT, format!("http://{}", stack.lambda)),
    ] {
        variables.insert(name.to_owned(), value);
    }
    variables
}

fn inspector(plan: &Plan, access: &Access) -> Result<Inspector> {
    let inspector = Inspector::new(plan.name.clone(), access.token().map(str::to_owned));
    if let Some(token) = access.inspector_token() {
        inspector.require_token(token).context("cannot get random numbers")?;
    }
    Ok(inspector)
}

/// Acts on keys, if there are any, for as long as this is polled.
async fn run_keys(keys: &mut Option<Keys>) -> Infallible {
    match keys {
        Some(keys) => keys.run().await,
        None => pending().await,
    }
}

fn observers(
    terminal: Terminal,
    inspector: Option<&Inspector>,
    recorder: Option<&Recorder>,
) -> Observers {
    let mut all: Vec<Box<dyn Observer>> = vec![Box::new(terminal)];
    if let Some(inspector) = inspector {
        all.push(Box::new(inspector.clone()));
    }
    if let Some(recorder) = recorder {
        all.push(Box::new(recorder.observer()));
    }
    Observers::new(all)
}

//! `lift dev`: an app on this machine, as it runs on AWS.
//!
//! [`start`] is the way up, one step below the other, each in a file of its own; [`App::serve`] is
//! the rest of the program's life and the way down. Everything that spawns a process runs in the
//! future given to `block_on`, that is on the main thread: see `die_with_parent`.

mod api;
mod dynamodb;
mod fault_proxies;
pub(crate) mod functions;
pub(crate) mod plan;
mod program;
pub(crate) mod reload;
pub(crate) mod stack;
pub(crate) mod terminal;
mod ui;

use std::{mem, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use lift_gateway::{Authorization, Limits, MessageOrder, Server, Settings};
use lift_inspector::{Inspector, Rows};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    args::{DevArgs, LogFormat, TerminalArgs},
    data_dir::DataDir,
    dev::{
        api::{access::Access, listen, models},
        functions::attached::AS_LONG_AS_IT_TAKES,
        plan::Plan,
        reload::WatchPlan,
        stack::{Stack, StackConfig},
        terminal::Terminal,
        ui::{browser, inspector::TableRows, notices, ready::Ready},
    },
    exit::Interrupted,
    observe::{Observer, Observers},
    recording::Recorder,
    stop::Stop,
};

/// How long the tasks that remain may take to end, which is the time to drop what they own.
pub(crate) const LAST_GRACE: Duration = Duration::from_secs(2);

/// Runs what `args` name until it is stopped.
pub(crate) fn run(args: DevArgs) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let (terminal, shown) = terminal::start(args.terminal.log);
    let result = runtime.block_on(async {
        let stop = Stop::listen()?;
        tokio::select! {
            result = Box::pin(start_and_serve(args, terminal, &stop)) => result,
            () = stop.at_once.cancelled() => Err(Interrupted.into()),
        }
    });
    // After an interruption, processes are still owned by tasks; dropping those kills them.
    runtime.shutdown_timeout(LAST_GRACE);
    shown.end();
    result
}

async fn start_and_serve(args: DevArgs, terminal: Terminal, stop: &Stop) -> Result<()> {
    let app = tokio::select! {
        app = start(args, terminal) => app?,
        () = stop.in_order.cancelled() => return Err(Interrupted.into()),
    };
    app.serve(stop.in_order.clone()).await
}

/// Everything, up and ready.
struct App {
    listener: TcpListener,
    settings: Settings,
    access: Access,
    stack: Stack,
    inspector: Option<Inspector>,
    args: TerminalArgs,
    recorder: Option<Recorder>,
}

async fn start(args: DevArgs, terminal: Terminal) -> Result<App> {
    let faults = args.faults.as_deref().map(fault_proxies::read).transpose()?;
    let access = Access::new(&args.gateway)?;
    let mut plan = Plan::read(&args.app).await?;
    plan.api.stage_variables.extend(args.gateway.stage_variables);
    for (key, file) in args.gateway.models {
        plan.api.models.insert(key, models::read(&file)?);
    }
    for notice in &plan.notices {
        tracing::warn!("{notice}");
    }
    notices::print(&plan.ignored);
    let listener = listen::gateway(args.listen).await?;
    let gateway = listen::from_here(listener.local_addr()?);
    let database = listen::beside(gateway).await?;
    let index = plan.page();
    let data_dir = args.data_dir.unwrap_or_else(|| plan.folder.join(".lift"));
    let data_dir = DataDir::lock(data_dir)?;
    let watch = WatchPlan::new(args.no_reload, &args.watch)?;
    let recorder = match &args.record {
        Some(path) => Some(Recorder::start(path, &plan.name, &plan.api.stage)?),
        None => None,
    };
    // Where only others' addresses lead to the gateway, nobody could see it.
    let inspector = (!args.no_inspector && gateway.ip().is_loopback())
        .then(|| Inspector::new(plan.name.clone(), access.secret().map(str::to_owned)));
    let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(terminal)];
    observers.extend(inspector.clone().map(|inspector| Box::new(inspector) as Box<dyn Observer>));
    observers.extend(
        recorder.as_ref().map(|recorder| Box::new(recorder.observer()) as Box<dyn Observer>),
    );
    let observers = Observers::new(observers);
    let config = StackConfig {
        data_dir,
        database,
        gateway,
        secret_key: access.secret_key(),
        concurrency: args.concurrency,
        faults,
        observers: &observers,
        watch,
    };
    let mut stack = Stack::start(plan, config).await?;

    let mut limits = Limits::default();
    if stack.functions.take_their_time() {
        limits.integration_timeout = AS_LONG_AS_IT_TAKES;
    }
    let api = mem::take(&mut stack.api);
    let signatures = access.signatures(&stack.region);
    let settings = Settings {
        connections: access.connections(&stack.region),
        order: if args.gateway.serial { MessageOrder::Serial } else { MessageOrder::Concurrent },
        limits,
        index,
        region: stack.region.clone(),
        watch: observers.of_gateway(),
        site: inspector.as_ref().map(Inspector::site),
        ..api.settings(&stack.functions.targets(), signatures)?
    };
    Ok(App { listener, settings, access, stack, inspector, args: args.terminal, recorder })
}

impl App {
    /// Serves clients until `stop`, and then ends everything in the order in which it is used:
    /// clients, and what is behind the gateway.
    async fn serve(self, stop: CancellationToken) -> Result<()> {
        let Self { listener, settings, mut stack, inspector, recorder, .. } = self;
        let is_signed = matches!(settings.authorization, Authorization::Iam(_));
        let signed = is_signed.then(|| self.access.keys(&settings.region));
        let ready = Ready {
            gateway: listener.local_addr()?,
            stage: &settings.stage,
            has_page: settings.index.is_some(),
            inspector: inspector.is_some(),
            database: stack.database.address(),
            tables: &stack.tables,
            attach: &stack.functions.lines()?,
            seed: stack.proxies.as_ref().map(|proxies| proxies.faults.plan().seed()),
            signed: signed.as_deref(),
            access: self.access.line(&settings.region),
            token: self.access.token(),
        };
        ready
            .print(self.args.log == LogFormat::Json)
            .context("cannot write the ready block to stdout")?;
        if self.args.open {
            browser::open(ready.view());
        }

        let shutdown = stop.clone().cancelled_owned();
        let server = Server::new(listener, settings)?;
        let control = server.control();
        if let Some(inspector) = &inspector {
            let rows = stack.store.take().map(|store| Arc::new(TableRows(store)) as Arc<dyn Rows>);
            inspector.attach(control.clone(), rows);
        }
        let gateway = tokio::spawn(server.run(async move {
            shutdown.await;
            tracing::info!("stopping; press Ctrl-C again to end at once");
            inspector.iter().for_each(Inspector::stop);
        }));
        // The processes are watched until the gateway has ended, because the `$disconnect` of
        // each client still needs them.
        let served = tokio::select! {
            served = gateway => served,
            never = stack.watch(Some(&control), &stop) => match never {},
        };
        stack.stop().await;
        if let Some(recorder) = recorder {
            tracing::info!("{}", recorder.end()?);
        }
        served.context("the gateway panicked")?.context("the gateway failed")
    }
}

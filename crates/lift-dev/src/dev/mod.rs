//! `lift dev`: an app on this machine, as it runs on AWS.
//!
//! [`start`] is the way up, one step below the other, each in a file of its own; [`App::serve`] is
//! the rest of the program's life and the way down. Everything that spawns a process runs in the
//! future given to `block_on`, that is on the main thread: see `die_with_parent`.

mod access;
mod api;
mod backoff;
mod build;
mod cargo;
mod child;
mod data_dir;
mod database;
mod describe;
mod die_with_parent;
mod executable;
mod faults;
mod function;
mod functions;
mod listen;
mod output;
mod package;
mod plan;
mod prepared;
mod project;
mod ready;
mod reload;
pub(crate) mod stop;
mod table;
mod variables;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lift_gateway::{Limits, MessageOrder, Server, Settings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::DevArgs;
use crate::dev::access::Access;
use crate::dev::data_dir::DataDir;
use crate::dev::database::Database;
use crate::dev::describe::Description;
use crate::dev::faults::Between;
use crate::dev::function::AS_LONG_AS_IT_TAKES;
use crate::dev::functions::{Functions, Start};
use crate::dev::plan::Plan;
use crate::dev::prepared::Prepared;
use crate::dev::ready::Ready;
use crate::dev::reload::{Deploy, WatchPlan};
use crate::dev::stop::Stop;
use crate::dev::table::ConnectionsTable;
use crate::dev::variables::Place;
use crate::exit::Interrupted;

/// How long the tasks that remain may take to end, which is the time to drop what they own.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// Runs what `args` name until it is stopped.
pub(crate) fn run(args: DevArgs) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let result = runtime.block_on(async {
        let stop = Stop::listen()?;
        tokio::select! {
            result = Box::pin(start_and_serve(args, &stop)) => result,
            () = stop.at_once.cancelled() => Err(Interrupted.into()),
        }
    });
    // After an interruption, processes are still owned by tasks; dropping those kills them.
    runtime.shutdown_timeout(LAST_GRACE);
    result
}

async fn start_and_serve(args: DevArgs, stop: &Stop) -> Result<()> {
    let app = tokio::select! {
        app = start(args) => app?,
        () = stop.in_order.cancelled() => return Err(Interrupted.into()),
    };
    app.serve(stop.in_order.clone()).await
}

/// Everything, up and ready.
struct App {
    listener: TcpListener,
    settings: Settings,
    access: Access,
    functions: Functions,
    database: Database,
    table: Option<String>,
    between: Option<Between>,
    // Last, so that the folder is given free after the database in it was closed.
    _data_dir: DataDir,
}

async fn start(args: DevArgs) -> Result<App> {
    let faults = args.faults.as_deref().map(faults::read).transpose()?;
    let access = Access::new(&args.gateway)?;
    let mut plan = Plan::read(&args).await?;
    for notice in &plan.notices {
        tracing::warn!("{notice}");
    }
    let listener = listen::gateway(args.listen).await?;
    let gateway = listen::from_here(listener.local_addr()?);
    let database_listener = listen::beside(gateway).await?;
    let database = database_listener.local_addr()?;
    let index = plan.page();
    let data_dir = args.data_dir.unwrap_or_else(|| plan.folder.join(".lift"));
    let data_dir = DataDir::lock(data_dir)?;

    let between = match faults {
        Some(faults) => Some(Between::start(faults, database, gateway).await?),
        None => None,
    };
    let place = Place {
        database: between.as_ref().map_or(database, Between::database),
        gateway: between.as_ref().map_or(gateway, Between::gateway),
        stage: &plan.api.stage,
        secret_key: access.secret_key(),
    };
    let watch = WatchPlan::new(args.no_reload, &args.watch)?;
    let programs = data_dir.programs();
    let mut functions = Vec::new();
    for function in plan.functions {
        let function = Prepared::new(function, &plan.folder, &place, &watch, &programs);
        functions.push(function.await?);
    }
    let region = functions.first().map(Prepared::region).unwrap_or_default();
    let description = match plan.app {
        Some(app) => functions[app].describe().await?,
        None => Description::default(),
    };
    let database = Database::start(&data_dir.database(), database_listener)?;
    let mut table = ConnectionsTable::new(database.address(), &region, &plan.name);
    if let (Some(app), Some(variable)) = (plan.app, description.table_variable()) {
        table.make_ready().await?;
        functions[app].set(variable, table.name());
    }
    let table_name = table.ready();

    let start = Start {
        concurrency: args.concurrency,
        faults: between.as_ref().map(|between| &between.faults),
        data_dir: data_dir.path(),
    };
    let mut functions = Functions::start(functions, &start).await?;
    if let Some(app) = plan.app {
        let (api, targets) = (plan.api.clone(), functions.targets());
        plan.api.fill_in(app, description)?;
        let keys = plan.api.keys();
        functions.deploy_by(app, Deploy { api, app, targets, table, keys });
    }
    let mut limits = Limits::default();
    if functions.take_their_time() {
        limits.integration_timeout = AS_LONG_AS_IT_TAKES;
    }
    let settings = Settings {
        connections: access.connections(&region),
        order: if args.gateway.serial { MessageOrder::Serial } else { MessageOrder::Concurrent },
        limits,
        index,
        region,
        ..plan.api.settings(&functions.targets())?
    };
    Ok(App {
        listener,
        settings,
        access,
        functions,
        database,
        table: table_name,
        between,
        _data_dir: data_dir,
    })
}

impl App {
    /// Serves clients until `stop`, and then ends everything in the order in which it is used:
    /// clients, function, database.
    async fn serve(self, stop: CancellationToken) -> Result<()> {
        let Self { listener, settings, mut functions, database, between, .. } = self;
        Ready {
            gateway: listener.local_addr()?,
            stage: &settings.stage,
            has_page: settings.index.is_some(),
            database: database.address(),
            table: self.table.as_deref(),
            attach: &functions.lines()?,
            seed: between.as_ref().map(|between| between.faults.plan().seed()),
            access: self.access.line(&settings.region),
        }
        .print()
        .context("cannot write the ready block to stdout")?;

        let [backend, ..] = &functions.targets()[..] else { bail!("there is no function") };
        let (backend, shutdown) = (backend.clone(), stop.clone().cancelled_owned());
        let server = Server::new(listener, settings, backend)?;
        let control = server.control();
        let gateway = tokio::spawn(server.run(async move {
            shutdown.await;
            tracing::info!("stopping; press Ctrl-C again to end at once");
        }));
        // The processes are watched until the gateway has ended, because the `$disconnect` of
        // each client still needs them.
        let served = tokio::select! {
            served = gateway => served,
            never = functions.watch(&control, &stop) => match never {},
        };
        functions.stop().await;
        if let Some(Between { faults, .. }) = between {
            let report = faults.report();
            tracing::info!("{} faults, with seed {}", report.total(), report.seed());
        }
        database.close().await;
        served.context("the gateway panicked")?.context("the gateway failed")
    }
}

//! `lift dev`: an app on this machine, as it runs on AWS.
//!
//! [`start`] is the way up, one step below the other, each in a file of its own; [`App::serve`] is
//! the rest of the program's life and the way down. Everything that spawns a process runs in the
//! future given to `block_on`, that is on the main thread: see `die_with_parent`.

mod access;
mod backoff;
mod build;
mod cargo;
mod child;
mod data_dir;
mod database;
mod describe;
mod die_with_parent;
mod faults;
mod function;
mod inspector;
mod listen;
mod output;
mod project;
mod ready;
mod seen;
pub(crate) mod stop;
mod table;
mod variables;

use std::time::Duration;

use anyhow::{Context as _, Result};
use lift_aws::DynamoStore;
use lift_gateway::lambda::{Function, FunctionSettings};
use lift_gateway::{MessageOrder, Routes, Selection, Server, Settings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::DevArgs;
use crate::dev::access::Access;
use crate::dev::data_dir::DataDir;
use crate::dev::database::Database;
use crate::dev::describe::Description;
use crate::dev::faults::Between;
use crate::dev::function::{Program, Supervisor};
use crate::dev::inspector::Inspector;
use crate::dev::project::Project;
use crate::dev::ready::Ready;
use crate::dev::seen::{Witness, Witnesses};
use crate::dev::stop::Stop;
use crate::dev::variables::Place;
use crate::exit::Interrupted;

/// What Lambda gives a function by default is 128 MB; what people give it is this.
const MEMORY_MB: u32 = 1024;

/// How long one event may take. Lambda's default of 3 s is for functions on its own machines; a
/// debug build beside a browser and a compiler gets what API Gateway waits for at most.
const TIMEOUT: Duration = Duration::from_secs(29);

/// How long the tasks that remain may take to end, which is the time to drop what they own.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// Runs the app in `args.path` until it is stopped.
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
    function: Function,
    supervisor: Supervisor,
    database: Database,
    table: Option<String>,
    inspector: Option<Inspector>,
    between: Option<Between>,
    // Last, so that the folder is given free after the database in it was closed.
    _data_dir: DataDir,
}

async fn start(args: DevArgs) -> Result<App> {
    let plan = args.faults.as_deref().map(faults::read).transpose()?;
    let access = Access::new(&args.gateway)?;
    let project = Project::read(&args.path).await?;
    let listener = listen::gateway(args.listen).await?;
    let gateway = listen::from_here(listener.local_addr()?);
    let database_listener = listen::beside(gateway).await?;
    let database = database_listener.local_addr()?;
    let data_dir = args.data_dir.unwrap_or_else(|| project.folder.join(".lift"));
    let data_dir = DataDir::lock(data_dir)?;

    let binary = build::build(&project).await?;
    let between = match plan {
        Some(plan) => Some(Between::start(plan, database, gateway).await?),
        None => None,
    };
    let place = Place {
        function: &project.name,
        folder: &project.folder,
        memory_mb: MEMORY_MB,
        database: between.as_ref().map_or(database, Between::database),
        gateway: between.as_ref().map_or(gateway, Between::gateway),
        stage: &args.stage,
        secret_key: access.secret_key(),
    };
    let mut variables = place.variables(std::env::vars_os());
    let description = describe::describe(&binary, &variables).await?;

    let region = variables::region(&variables).to_string_lossy().into_owned();
    let database = Database::start(&data_dir.database(), database_listener)?;
    let mut table = None;
    if let Some(variable) = description.table_variable() {
        let name = format!("{}-connections", project.name);
        table::prepare(database.address(), &region, &name).await?;
        variables.insert(variable.into(), name.clone().into());
        table = Some(name);
    }

    let function = Function::new(FunctionSettings {
        name: project.name.clone(),
        region: region.clone(),
        timeout: TIMEOUT,
        ..FunctionSettings::default()
    });
    // Where only others' addresses lead to the gateway, nobody could see it.
    let inspector = (!args.no_inspector && gateway.ip().is_loopback()).then(|| {
        let store = table.as_ref().map(|table| {
            let config = lift_aws::local_config(&format!("http://{}", database.address()), &region);
            DynamoStore::new(&config, table)
        });
        Inspector::new(project.name.clone(), store, access.secret().map(str::to_owned))
    });
    let watching = inspector.clone().map(|inspector| Box::new(inspector) as Box<dyn Witness>);
    let witnesses = Witnesses::new(watching.into_iter().collect());
    let faults = between.as_ref().map(|between| between.faults.clone());
    let program = Program { binary, folder: project.folder.clone(), variables, faults };
    let cap = usize::from(args.concurrency);
    let supervisor = Supervisor::start(function.clone(), program, cap).await?;
    let settings = Settings {
        stage: args.stage,
        stage_variables: args.gateway.stage_variables.into_iter().collect(),
        routes: routes(description)?,
        connections: access.connections(&region),
        order: if args.gateway.serial { MessageOrder::Serial } else { MessageOrder::Concurrent },
        index: project.page(),
        watch: witnesses.watch(),
        site: inspector.as_ref().map(Inspector::site),
        region,
        ..Settings::default()
    };
    Ok(App {
        listener,
        settings,
        access,
        function,
        supervisor,
        database,
        table,
        inspector,
        between,
        _data_dir: data_dir,
    })
}

fn routes(description: Description) -> Result<Routes> {
    let selection = match description.settings.selection {
        Some(expression) => expression.parse::<Selection>().context("the app's route selection")?,
        None => Selection::default(),
    };
    let add = |routes: Routes, route: describe::Route| routes.with_route(route.key, route.two_way);
    Ok(description.routes.into_iter().fold(Routes::new(selection), add))
}

impl App {
    /// Serves clients until `stop`, and then ends everything in the order in which it is used:
    /// clients, function, database.
    async fn serve(self, stop: CancellationToken) -> Result<()> {
        let Self {
            listener, settings, function, mut supervisor, database, between, inspector, ..
        } = self;
        Ready {
            gateway: listener.local_addr()?,
            stage: &settings.stage,
            has_page: settings.index.is_some(),
            inspector: inspector.is_some(),
            database: database.address(),
            table: self.table.as_deref(),
            seed: between.as_ref().map(|between| between.faults.plan().seed()),
            access: self.access.line(&settings.region),
        }
        .print()
        .context("cannot write the ready block to stdout")?;

        let shutdown = stop.cancelled_owned();
        let server = Server::new(listener, settings, function)?;
        if let Some(inspector) = &inspector {
            inspector.attach(server.control());
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
            never = supervisor.watch() => match never {},
        };
        supervisor.stop().await;
        if let Some(Between { faults, .. }) = between {
            let report = faults.report();
            tracing::info!("{} faults, with seed {}", report.total(), report.seed());
        }
        database.close().await;
        served.context("the gateway panicked")?.context("the gateway failed")
    }
}

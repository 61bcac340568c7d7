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
mod listen;
mod output;
mod project;
mod ready;
mod recipe;
mod reload;
pub(crate) mod stop;
mod table;
mod variables;

use std::time::Duration;

use anyhow::{Context as _, Result};
use lift_gateway::lambda::{Function, FunctionSettings};
use lift_gateway::{Deployment, MessageOrder, Routes, Selection, Settings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::DevArgs;
use crate::dev::access::Access;
use crate::dev::data_dir::DataDir;
use crate::dev::database::Database;
use crate::dev::describe::Description;
use crate::dev::faults::Between;
use crate::dev::function::Supervisor;
use crate::dev::project::Project;
use crate::dev::ready::Ready;
use crate::dev::recipe::Recipe;
use crate::dev::reload::{Reload, Serving, Watch};
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
    reload: Option<Reload>,
    database: Database,
    table: Option<String>,
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
    let mut watch = if args.no_reload { None } else { Some(Watch::new(&project)?) };
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
    let variables = place.variables(std::env::vars_os());
    let region = variables::region(&variables).to_string_lossy().into_owned();
    let mut recipe = Recipe {
        programs: data_dir.programs(),
        variables,
        faults: between.as_ref().map(|between| between.faults.clone()),
        database,
        region: region.clone(),
        table: None,
        project,
    };
    let built = recipe.build().await?;
    let database = Database::start(&data_dir.database(), database_listener)?;
    let (program, description) = recipe.program(&built).await?;
    if let Some(watch) = &mut watch {
        watch.built(&recipe.project, &built.binary)?;
    }

    let function = Function::new(FunctionSettings {
        name: recipe.project.name.clone(),
        region: region.clone(),
        timeout: TIMEOUT,
        ..FunctionSettings::default()
    });
    let cap = usize::from(args.concurrency);
    let supervisor = Supervisor::start(function.clone(), program, cap).await?;
    let (keys, deployment) = (description.keys(), Deployment::default());
    let settings = Settings {
        stage: args.stage,
        stage_variables: args.gateway.stage_variables.into_iter().collect(),
        routes: routes(description)?,
        deployment: deployment.clone(),
        connections: access.connections(&region),
        order: if args.gateway.serial { MessageOrder::Serial } else { MessageOrder::Concurrent },
        index: recipe.project.page(),
        region,
        ..Settings::default()
    };
    let table = recipe.table.clone();
    let serving = Serving { recipe, built, routes: keys, deployment };
    let reload = watch.map(|watch| Reload { watch, serving });
    Ok(App {
        listener,
        settings,
        access,
        function,
        supervisor,
        reload,
        database,
        table,
        between,
        _data_dir: data_dir,
    })
}

pub(crate) fn routes(description: Description) -> Result<Routes> {
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
            listener, settings, function, mut supervisor, reload, database, between, ..
        } = self;
        Ready {
            gateway: listener.local_addr()?,
            stage: &settings.stage,
            has_page: settings.index.is_some(),
            database: database.address(),
            table: self.table.as_deref(),
            seed: between.as_ref().map(|between| between.faults.plan().seed()),
            access: self.access.line(&settings.region),
        }
        .print()
        .context("cannot write the ready block to stdout")?;

        let shutdown = stop.cancelled_owned();
        let gateway = tokio::spawn(lift_gateway::serve(listener, settings, function, async move {
            shutdown.await;
            tracing::info!("stopping; press Ctrl-C again to end at once");
        }));
        // The processes are watched until the gateway has ended, because the `$disconnect` of
        // each client still needs them.
        let watching = async {
            match reload {
                Some(reload) => Box::pin(reload.run(&mut supervisor)).await,
                None => supervisor.watch().await,
            }
        };
        let served = tokio::select! {
            served = gateway => served,
            never = watching => match never {},
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

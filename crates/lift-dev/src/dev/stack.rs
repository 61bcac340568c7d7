//! The stack behind an API: its functions, built and started, and their database. The gateway or a
//! replay invokes it.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr};

use anyhow::Result;
use lift_aws::{AwsConfig, DynamoStore};
use lift_gateway::ServerHandle;
use lift_invoke::{Invoker, Schedules};
use lift_local::HostNames;
use lift_ws::describe::Description;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    data_dir::DataDir,
    dev::{
        certificate::Certificate,
        dynamodb::{Database, app_tables::AppTables},
        fault_proxies::{FaultPlan, FaultProxies},
        functions::{Functions, StartOptions, environment::LocalServices, prepared::Prepared},
        plan::{ApiPlan, Plan, schedules},
        reload::{Deploy, WatchPlan},
    },
    observe::Observers,
};

/// What a stack is started with.
pub(crate) struct StackConfig<'a> {
    pub(crate) data_dir: DataDir,
    /// The socket of the database.
    pub(crate) database: TcpListener,
    /// The socket of Lambda's Invoke API.
    pub(crate) lambda: TcpListener,
    /// The address where functions call `@connections`.
    pub(crate) gateway: SocketAddr,
    /// The secret key that functions sign their calls of `@connections` with.
    pub(crate) secret_key: &'a str,
    /// The host names under which programs may call the database and the Runtime API.
    pub(crate) allowed_hosts: HostNames,
    /// The most processes of a function whose plan sets no limit.
    pub(crate) concurrency: u16,
    /// The faults to inject.
    pub(crate) faults: Option<FaultPlan>,
    /// The observers of what the functions write.
    pub(crate) observers: &'a Observers,
    pub(crate) watch: WatchPlan,
}

/// A running stack.
pub(crate) struct Stack {
    pub(crate) region: String,
    pub(crate) functions: Functions,
    pub(crate) database: Database,
    /// They fire for as long as their `run` is polled.
    pub(crate) schedules: Schedules,
    /// The address of Lambda's Invoke API.
    pub(crate) lambda: SocketAddr,
    /// Ends the Invoke API.
    stop_lambda: CancellationToken,
    /// The names of the tables that functions use.
    pub(crate) tables: Vec<String>,
    /// The variables that a program beside the functions needs, too.
    pub(crate) shared: BTreeMap<String, String>,
    pub(crate) proxies: Option<FaultProxies>,
    /// The certificate of the gateway's port.
    pub(crate) certificate: Certificate,
    // The last field, so that it is dropped after the database closed its file in the folder.
    pub(crate) data_dir: DataDir,
}

/// A stack that has just started, and what only its user needs.
pub(crate) struct StartedStack {
    pub(crate) stack: Stack,
    /// The API, with the routes of the app's own description.
    pub(crate) api: ApiPlan,
    /// The store of the app's connections, if Lift manages them. It bypasses the fault proxies.
    pub(crate) store: Option<DynamoStore>,
}

impl Stack {
    /// Builds and starts what `plan` declares. Call this on the main thread only, because it starts
    /// processes.
    pub(crate) async fn start(mut plan: Plan, config: StackConfig<'_>) -> Result<StartedStack> {
        let StackConfig { data_dir, gateway, secret_key, concurrency, observers, .. } = config;
        let hosts = config.allowed_hosts;
        let database = config.database.local_addr()?;
        let lambda = config.lambda.local_addr()?;
        let proxies = match config.faults {
            Some(faults) => {
                Some(FaultProxies::start(faults, database, gateway, hosts.clone()).await?)
            }
            None => None,
        };
        let gateway = proxies.as_ref().map_or(gateway, FaultProxies::gateway);
        plan.point_at_gateway(gateway);
        let certificate = Certificate::of(&data_dir, &plan.region())?;
        let given = plan.functions.iter().flat_map(|function| &function.environment);
        let given = given.map(|(name, value)| (&**name, &**value));
        let roots = certificate.roots(&data_dir, given)?;
        let services = LocalServices {
            database: proxies.as_ref().map_or(database, FaultProxies::database),
            gateway,
            lambda,
            stage: &plan.api.stage,
            secret_key,
            execute_api: config.gateway,
            roots: &roots,
        };
        let mut functions = Vec::new();
        for function in plan.functions {
            let watch = &config.watch;
            let function = Prepared::new(function, &plan.folder, &services, watch, data_dir.run());
            functions.push(function.await?);
        }
        let region = functions.first().map(Prepared::region).unwrap_or_default();
        let description = match plan.app {
            Some(app) => functions[app].describe().await?,
            None => Description::default(),
        };
        let database =
            Database::start(&data_dir.database()?, config.database, &plan.tables, hosts.clone())?;
        let mut app_tables = AppTables::new(database.address(), &region, &plan.name);
        if let Some(app) = plan.app {
            let app = &mut functions[app];
            for (variable, name) in app_tables.make_ready(&description, &app.variables).await? {
                app.set_variable(&variable, &name);
            }
        }
        // The app's own function comes last, so that its variables have priority.
        let app = plan.app.and_then(|app| functions.get(app));
        let shared = functions.iter().chain(app).flat_map(Prepared::shared_variables).collect();
        let planned = plan.api.clone();
        let (mut api, mut planned_schedules) = (plan.api, plan.schedules);
        if let Some(app) = plan.app {
            planned_schedules = schedules::of_description(&functions[app].plan.name, &description)?;
            api.add_description(app, description)?;
        }
        let options = StartOptions {
            concurrency,
            faults: proxies.as_ref().map(|proxies| &proxies.faults),
            allowed_hosts: &hosts,
            data_dir: data_dir.path(),
            observers,
        };
        let mut functions = Functions::start(functions, &options).await?;
        let invoker = Invoker::new(functions.named(), &*region, observers.of_invoker());
        let schedules = Schedules::new(invoker.clone(), planned_schedules);
        let stop_lambda = CancellationToken::new();
        tokio::spawn({
            let schedules = schedules.clone();
            let (hosts, stop) = (hosts.clone(), stop_lambda.clone().cancelled_owned());
            async move {
                lift_invoke::api::serve(&config.lambda, hosts, schedules, invoker, stop).await;
            }
        });
        let mut tables: Vec<String> = plan.tables.into_iter().map(|table| table.name).collect();
        tables.extend(app_tables.names().map(str::to_owned));
        let store = app_tables.connections().map(|name| {
            let url = format!("http://{}", database.address());
            DynamoStore::new(&AwsConfig::local(&url, &region), name)
        });
        if let Some(app) = plan.app {
            let (integrations, keys) = (functions.integrations(), api.route_keys());
            let schedules = schedules.clone();
            let tables = app_tables;
            let deploy = Deploy { api: planned, app, integrations, tables, keys, schedules };
            functions.deploy_on_reload(app, deploy);
        }
        let stack = Self {
            region,
            functions,
            database,
            schedules,
            lambda,
            stop_lambda,
            tables,
            shared,
            proxies,
            certificate,
            data_dir,
        };
        Ok(StartedStack { stack, api, store })
    }

    /// Watches the functions for as long as this is polled. New code is deployed to the gateway of
    /// `handle`, if there is one.
    pub(crate) async fn watch(
        &mut self,
        handle: Option<&ServerHandle>,
        closing: &CancellationToken,
    ) -> Infallible {
        self.functions.watch(handle, closing).await
    }

    /// Stops the functions, and then the database that they use.
    pub(crate) async fn stop(self) {
        self.stop_lambda.cancel();
        self.functions.stop().await;
        if let Some(FaultProxies { faults, .. }) = self.proxies {
            let report = faults.report();
            tracing::info!("{} faults, with seed {}", report.total(), report.seed());
        }
        self.database.close().await;
    }
}

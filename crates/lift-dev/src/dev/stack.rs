//! What is behind an API: functions, built and started, and the database that they share. Before it
//! stands the gateway, or a replay.

use std::{convert::Infallible, net::SocketAddr};

use anyhow::Result;
use lift_aws::{AwsConfig, DynamoStore};
use lift_gateway::Control;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    data_dir::DataDir,
    dev::{
        dynamodb::{Database, connections_table::ConnectionsTable},
        fault_proxies::{FaultProxies, Plan as FaultPlan},
        functions::{Functions, Start, prepared::Prepared},
        plan::{ApiPlan, Plan},
        program::{describe::Description, variables::Place},
        reload::{Deploy, WatchPlan},
    },
    observe::Observers,
};

/// Where it all is put.
pub(crate) struct StackConfig<'a> {
    pub(crate) data_dir: DataDir,
    /// Where the database listens.
    pub(crate) database: TcpListener,
    /// Where the functions find `@connections`.
    pub(crate) gateway: SocketAddr,
    /// What the functions sign their posts with.
    pub(crate) secret_key: &'a str,
    /// How many processes each function may have, if its plan says nothing else.
    pub(crate) concurrency: u16,
    /// What goes wrong on purpose.
    pub(crate) faults: Option<FaultPlan>,
    /// Who is told what the functions write.
    pub(crate) observers: &'a Observers,
    /// What the functions are watched for.
    pub(crate) watch: WatchPlan,
}

/// Everything that is behind an API, up and ready.
pub(crate) struct Stack {
    /// The API, with the routes that the app says of itself.
    pub(crate) api: ApiPlan,
    pub(crate) region: String,
    pub(crate) functions: Functions,
    pub(crate) database: Database,
    /// The tables that are there for the functions.
    pub(crate) tables: Vec<String>,
    /// Where the app keeps its connections, if Lift does it for it; read past the faults.
    pub(crate) store: Option<DynamoStore>,
    pub(crate) proxies: Option<FaultProxies>,
    // Last, so that the folder is given free after the database in it was closed.
    _data_dir: DataDir,
}

impl Stack {
    /// Builds and starts what is planned. Call this on the main thread only, because it starts
    /// processes.
    pub(crate) async fn start(mut plan: Plan, config: StackConfig<'_>) -> Result<Self> {
        let StackConfig { data_dir, gateway, secret_key, concurrency, .. } = config;
        let database = config.database.local_addr()?;
        let proxies = match config.faults {
            Some(faults) => Some(FaultProxies::start(faults, database, gateway).await?),
            None => None,
        };
        let gateway = proxies.as_ref().map_or(gateway, FaultProxies::gateway);
        plan.lead_here(gateway);
        let place = Place {
            data_dir: data_dir.path(),
            database: proxies.as_ref().map_or(database, FaultProxies::database),
            gateway,
            stage: &plan.api.stage,
            secret_key,
        };
        let programs = data_dir.programs();
        let mut functions = Vec::new();
        for function in plan.functions {
            let watch = &config.watch;
            let function = Prepared::new(function, &plan.folder, &place, watch, &programs);
            functions.push(function.await?);
        }
        let region = functions.first().map(Prepared::region).unwrap_or_default();
        let description = match plan.app {
            Some(app) => functions[app].describe().await?,
            None => Description::default(),
        };
        let database = Database::start(&data_dir.database(), config.database, &plan.tables)?;
        let mut table = ConnectionsTable::new(database.address(), &region, &plan.name);
        if let (Some(app), Some(variable)) = (plan.app, description.table_variable()) {
            table.make_ready().await?;
            functions[app].set(variable, table.name());
        }
        let planned = plan.api.clone();
        if let Some(app) = plan.app {
            plan.api.fill_in(app, description)?;
        }
        let start = Start {
            concurrency,
            faults: proxies.as_ref().map(|proxies| &proxies.faults),
            data_dir: data_dir.path(),
            observers: config.observers,
        };
        let mut functions = Functions::start(functions, &start).await?;
        let mut tables: Vec<String> = plan.tables.into_iter().map(|table| table.name).collect();
        let api = plan.api;
        let store = table.ready().map(|name| {
            tables.push(name.clone());
            let url = format!("http://{}", database.address());
            DynamoStore::new(&AwsConfig::local(&url, &region), &name)
        });
        if let Some(app) = plan.app {
            let (targets, keys) = (functions.targets(), api.keys());
            functions.deploy_by(app, Deploy { api: planned, app, targets, table, keys });
        }
        Ok(Self { api, region, functions, database, tables, store, proxies, _data_dir: data_dir })
    }

    /// Watches the functions for as long as it is polled, and reloads those behind the gateway that
    /// `control` is a hand on.
    pub(crate) async fn watch(
        &mut self,
        control: Option<&Control>,
        closing: &CancellationToken,
    ) -> Infallible {
        self.functions.watch(control, closing).await
    }

    /// Ends everything in the order in which it is used: functions, database.
    pub(crate) async fn stop(self) {
        self.functions.stop().await;
        if let Some(FaultProxies { faults, .. }) = self.proxies {
            let report = faults.report();
            tracing::info!("{} faults, with seed {}", report.total(), report.seed());
        }
        self.database.close().await;
    }
}

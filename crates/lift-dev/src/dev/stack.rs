//! What is behind an API: functions, built and started, and the database that they share. Before it
//! stands the gateway, or a replay.

use std::{convert::Infallible, net::SocketAddr};

use anyhow::Result;
use lift_aws::DynamoStore;
use lift_gateway::Control;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    data_dir::DataDir,
    dev::{
        dynamodb::{Database, connections_table::ConnectionsTable},
        fault_proxies::{Between, Plan as FaultPlan},
        functions::{Functions, Start, prepared::Prepared},
        plan::{ApiPlan, Plan},
        program::{describe::Description, variables::Place},
        reload::{Deploy, WatchPlan},
    },
    observe::Witnesses,
};

/// Where it all is put.
pub(crate) struct Ground<'a> {
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
    pub(crate) witnesses: &'a Witnesses,
    /// What the functions are watched for.
    pub(crate) watch: WatchPlan,
}

/// Everything that is behind an API, up and ready.
pub(crate) struct Behind {
    /// The API, with the routes that the app says of itself.
    pub(crate) api: ApiPlan,
    pub(crate) region: String,
    pub(crate) functions: Functions,
    pub(crate) database: Database,
    /// The tables that are there for the functions.
    pub(crate) tables: Vec<String>,
    /// Where the app keeps its connections, if Lift does it for it; read past the faults.
    pub(crate) store: Option<DynamoStore>,
    pub(crate) between: Option<Between>,
    // Last, so that the folder is given free after the database in it was closed.
    _data_dir: DataDir,
}

impl Behind {
    /// Builds and starts what is planned. Call this on the main thread only, because it starts
    /// processes.
    pub(crate) async fn start(mut plan: Plan, ground: Ground<'_>) -> Result<Self> {
        let Ground { data_dir, gateway, secret_key, concurrency, .. } = ground;
        let database = ground.database.local_addr()?;
        let between = match ground.faults {
            Some(faults) => Some(Between::start(faults, database, gateway).await?),
            None => None,
        };
        let gateway = between.as_ref().map_or(gateway, Between::gateway);
        plan.lead_here(gateway);
        let place = Place {
            data_dir: data_dir.path(),
            database: between.as_ref().map_or(database, Between::database),
            gateway,
            stage: &plan.api.stage,
            secret_key,
        };
        let programs = data_dir.programs();
        let mut functions = Vec::new();
        for function in plan.functions {
            let watch = &ground.watch;
            let function = Prepared::new(function, &plan.folder, &place, watch, &programs);
            functions.push(function.await?);
        }
        let region = functions.first().map(Prepared::region).unwrap_or_default();
        let description = match plan.app {
            Some(app) => functions[app].describe().await?,
            None => Description::default(),
        };
        let database = Database::start(&data_dir.database(), ground.database, &plan.tables)?;
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
            faults: between.as_ref().map(|between| &between.faults),
            data_dir: data_dir.path(),
            witnesses: ground.witnesses,
        };
        let mut functions = Functions::start(functions, &start).await?;
        let mut tables: Vec<String> = plan.tables.into_iter().map(|table| table.name).collect();
        let api = plan.api;
        let store = table.ready().map(|name| {
            tables.push(name.clone());
            let url = format!("http://{}", database.address());
            DynamoStore::new(&lift_aws::local_config(&url, &region), &name)
        });
        if let Some(app) = plan.app {
            let (targets, keys) = (functions.targets(), api.keys());
            functions.deploy_by(app, Deploy { api: planned, app, targets, table, keys });
        }
        Ok(Self { api, region, functions, database, tables, store, between, _data_dir: data_dir })
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
        if let Some(Between { faults, .. }) = self.between {
            let report = faults.report();
            tracing::info!("{} faults, with seed {}", report.total(), report.seed());
        }
        self.database.close().await;
    }
}

//! Where the connections are: the table that has them, and the publisher that posts to them.

use anyhow::{Result, bail};
use lift_aws::{AwsConfig, Table, variables::MANAGEMENT_ENDPOINT};
use lift_ws::{
    GlobalPublisher,
    store::{MemoryStore, TABLE_VARIABLE},
};

use crate::{
    args::LocationArgs,
    running::{RunningApp, Wanted},
};

/// The table and the publisher.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) publisher: GlobalPublisher,
    /// None if connections are given by id and posted to one endpoint.
    pub(super) table: Option<Table>,
    pub(super) table_name: Option<String>,
}

impl Location {
    /// The location that `args` name. If connections are given by id, no table is needed.
    pub(super) async fn find(args: &LocationArgs, by_id: bool) -> Result<Self> {
        let wanted = |port| Wanted { port, data_dir: None, flag: "--local=PORT" };
        let app = args.local.map(|port| wanted(port).find()).transpose()?;
        let (database, endpoint) = match &app {
            Some(RunningApp { gateway, database, stage, .. }) => {
                let stage = args.stage.as_ref().unwrap_or(stage);
                (Some(format!("http://{database}")), Some(format!("http://{gateway}/{stage}")))
            }
            None => (args.endpoint_url.clone(), args.endpoint.clone()),
        };
        check_endpoint_variable(endpoint.as_deref())?;
        let mut config = AwsConfig::builder();
        if let Some(region) = &args.region {
            config = config.region(region);
        }
        // Without a table, no request goes to this URL; it only tells whether credentials are needed.
        if let Some(url) = database.as_ref().or(endpoint.as_ref().filter(|_| args.table.is_none()))
        {
            config = config.endpoint_url(url);
        }
        let config = config.build().await?;
        let name = match (&args.table, &app) {
            (None, Some(app)) => local_table(app, by_id)?,
            (name, _) => name.clone(),
        };
        let mut builder =
            lift_aws::publisher(name.clone().unwrap_or_default()).config(config.clone());
        if name.is_none() {
            builder = builder.store(MemoryStore::new());
        }
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let (Some(api), Some(stage)) = (&args.api, &args.stage) {
            builder = builder.api(api, stage);
        }
        for host in &args.allow {
            builder = builder.allow(host);
        }
        let table = name.as_ref().map(|name| Table::new(&config, name));
        Ok(Self { publisher: builder.await?, table, table_name: name })
    }
}

/// Fails if the environment variable would override the endpoint of the flags.
fn check_endpoint_variable(endpoint: Option<&str>) -> Result<()> {
    let variable = std::env::var(MANAGEMENT_ENDPOINT).unwrap_or_default();
    match endpoint {
        Some(endpoint) if !variable.is_empty() && variable != endpoint => bail!(
            "{MANAGEMENT_ENDPOINT} is {variable}, but the flags say {endpoint}: unset the variable, or leave \
             the flag out"
        ),
        _ => Ok(()),
    }
}

/// The table of connections of a running app; `None` if it has no table and none is needed.
fn local_table(app: &RunningApp, by_id: bool) -> Result<Option<String>> {
    match app.variables.get(TABLE_VARIABLE) {
        Some(table) => Ok(Some(table.clone())),
        None if by_id => Ok(None),
        None => bail!(
            "the app on port {} has no table of connections in {TABLE_VARIABLE}: pass --table NAME, or --connection ID",
            app.gateway.port()
        ),
    }
}

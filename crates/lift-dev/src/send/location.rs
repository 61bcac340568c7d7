//! Where the connections are: the table that has them, and the publisher that posts to them.

use anyhow::{Context as _, Result, bail};
use lift_aws::{AwsConfig, Table, variables::MANAGEMENT_ENDPOINT};
use lift_ws::{GlobalPublisher, store::MemoryStore};

use crate::{
    args::{DEFAULT_STAGE, LocationArgs},
    dev::dynamodb::connections_table::is_connections_table,
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
        let local = args.local.map(|port| {
            let stage = args.stage.as_deref().unwrap_or(DEFAULT_STAGE);
            let database = format!("http://127.0.0.1:{}", port + 1);
            (database, format!("http://127.0.0.1:{port}/{stage}"))
        });
        let (database, endpoint) = match local {
            Some((database, endpoint)) => (Some(database), Some(endpoint)),
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
        let name = match (&args.table, args.local) {
            (None, Some(port)) => local_table(&config, port, by_id).await?,
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

/// The table of the app that `lift dev` runs; `None` if it has no table and none is needed.
async fn local_table(config: &AwsConfig, port: u16, by_id: bool) -> Result<Option<String>> {
    let tables = Table::names(config).await;
    let mut tables = tables.with_context(|| {
        format!("no `lift dev` is found on port {port} (for another port: --local=PORT)")
    })?;
    tables.retain(|name| is_connections_table(name));
    match &mut tables[..] {
        [] if by_id => Ok(None),
        [] => bail!("the app on port {port} has no table of connections: pass --connection ID"),
        [only] => Ok(Some(std::mem::take(only))),
        several => {
            bail!("there are several tables: pass --table with one of {}", several.join(", "))
        }
    }
}

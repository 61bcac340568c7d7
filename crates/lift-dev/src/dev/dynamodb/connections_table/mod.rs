//! The table of connections, made ready before the first process of the app starts.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use lift_aws::{
    AwsConfig, Error, Table,
    table::{CreateOptions, TableCheck, TableDifference},
};

/// How `lift dev` names the table of an app: the app's name and this suffix.
const SUFFIX: &str = "-connections";

/// The table of connections of an app. It exists only if the app needs it.
#[derive(Debug)]
pub(crate) struct ConnectionsTable {
    database: SocketAddr,
    region: String,
    name: String,
    is_ready: bool,
}

impl ConnectionsTable {
    /// A table that is not created yet.
    pub(crate) fn new(database: SocketAddr, region: &str, app: &str) -> Self {
        let name = format!("{app}{SUFFIX}");
        Self { database, region: region.to_owned(), name, is_ready: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, if it was made ready.
    pub(crate) fn ready_name(&self) -> Option<&str> {
        self.is_ready.then_some(&*self.name)
    }

    /// Makes it ready, once. After that, it has the connections of this run.
    pub(crate) async fn make_ready(&mut self) -> Result<()> {
        if !self.is_ready {
            prepare(self.database, &self.region, &self.name).await?;
            self.is_ready = true;
        }
        Ok(())
    }
}

/// Creates the table if it is missing, and removes the connections of a run that was killed: their
/// sockets are closed, and no `$disconnect` will come for them.
async fn prepare(database: SocketAddr, region: &str, name: &str) -> Result<()> {
    let config = AwsConfig::local(&format!("http://{database}"), region);
    let table = Table::new(&config, name);
    let cannot_use = || format!("cannot keep connections in the table {name} of the data folder");
    create(&table, name).await.with_context(cannot_use)?;
    let stale = table.forget_connections().await.with_context(cannot_use)?;
    if stale > 0 {
        tracing::info!("removed {stale} connections of a run that was killed");
    }
    Ok(())
}

async fn create(table: &Table, name: &str) -> Result<(), Error> {
    // The embedded database keeps every record of a stream, and gets slower with each.
    let options = CreateOptions::new().without_streams();
    match table.create(&options).await {
        Ok(created) if created.new => tracing::debug!(name, "table created"),
        Ok(_) => (),
        Err(_) if is_of_older_version(&table.check().await?) => {
            // The table holds only connections of the last run, which have ended.
            tracing::info!("recreated the table {name}, which was of another version");
            table.delete().await?;
            table.create(&options).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether a table is Lift's, but of a version whose indexes project less. Any other table of this name
/// is the user's.
fn is_of_older_version(check: &TableCheck) -> bool {
    let is_of_version = |difference: &TableDifference| {
        matches!(difference, TableDifference::Projection { .. } | TableDifference::ExpiryOff { .. })
    };
    !check.fits() && check.differences.iter().all(is_of_version)
}

#[cfg(test)]
mod tests;

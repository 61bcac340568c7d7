//! The table of connections, made ready before the first process of the function starts.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use lift_aws::{
    AwsConfig, Error, Table,
    table::{CreateOptions, TableCheck, TableDifference},
};

/// The table of connections, if the app asks for one.
#[derive(Debug)]
pub(crate) struct ConnectionsTable {
    database: SocketAddr,
    region: String,
    name: String,
    is_ready: bool,
}

impl ConnectionsTable {
    /// A table that nobody has asked for.
    pub(crate) fn new(database: SocketAddr, region: &str, app: &str) -> Self {
        let name = format!("{app}-connections");
        Self { database, region: region.to_owned(), name, is_ready: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, once it is ready.
    pub(crate) fn ready(&self) -> Option<String> {
        self.is_ready.then(|| self.name.clone())
    }

    /// Makes it ready, the first time: later, what is in it are the connections of now.
    pub(crate) async fn make_ready(&mut self) -> Result<()> {
        if !self.is_ready {
            prepare(self.database, &self.region, &self.name).await?;
            self.is_ready = true;
        }
        Ok(())
    }
}

/// Creates the table when it is missing, and forgets the connections of a run that did not end in
/// order: their sockets are gone, so no `$disconnect` will ever come for them.
async fn prepare(database: SocketAddr, region: &str, name: &str) -> Result<()> {
    let config = AwsConfig::local(&format!("http://{database}"), region);
    let table = Table::new(&config, name);
    let unusable = || format!("cannot keep connections in the table {name} of the data folder");
    create(&table, name).await.with_context(unusable)?;
    let ghosts = table.forget_connections().await.with_context(unusable)?;
    if ghosts > 0 {
        tracing::info!("forgot {ghosts} connections of a run that did not end in order");
    }
    Ok(())
}

async fn create(table: &Table, name: &str) -> Result<(), Error> {
    // The embedded database gets slower with each record of a stream, and keeps them all.
    let options = CreateOptions::new().without_streams();
    match table.create(&options).await {
        Ok(created) if created.new => tracing::debug!(name, "table created"),
        Ok(_) => (),
        Err(_) if is_of_another_version(&table.check().await?) => {
            // All that it can hold is the connections of the last run.
            tracing::info!("made the table {name} anew: it was another version's");
            table.delete().await?;
            table.create(&options).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether a table is Lift's, but its indexes hold less. Any other of this name is the user's.
fn is_of_another_version(check: &TableCheck) -> bool {
    let mended = |one: &TableDifference| {
        matches!(one, TableDifference::Projection { .. } | TableDifference::ExpiryOff)
    };
    !check.fits() && check.differences.iter().all(mended)
}

#[cfg(test)]
mod tests;

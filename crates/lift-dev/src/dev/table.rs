//! The table of connections, made ready before the first process of the function starts.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

/// Creates the table when it is missing, and forgets the connections of a run that did not end in
/// order: their sockets are gone, so no `$disconnect` will ever come for them.
pub(crate) async fn prepare(database: SocketAddr, region: &str, name: &str) -> Result<()> {
    let config = lift_aws::local_config(&format!("http://{database}"), region);
    let table = lift_aws::Table::new(&config, name);
    if table.create_if_missing().await.context("the database is not usable")? {
        tracing::debug!(name, "table created");
    }
    let ghosts = table.forget_connections().await.context("the database is not usable")?;
    if ghosts > 0 {
        tracing::info!("forgot {ghosts} connections of a run that did not end in order");
    }
    Ok(())
}

//! The table of connections, made ready before the first process of the function starts.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use lift_aws::{Table, table::CreateOptions};

/// Also a database that an earlier version of Lift made.
const UNUSABLE: &str = "the database is not usable: delete the data folder, which is `.lift` in the \
                        app's folder or that of --data-dir, to start with an empty one. What is \
                        wrong";

/// Creates the table when it is missing, and forgets the connections of a run that did not end in
/// order: their sockets are gone, so no `$disconnect` will ever come for them.
pub(crate) async fn prepare(database: SocketAddr, region: &str, name: &str) -> Result<()> {
    let config = lift_aws::local_config(&format!("http://{database}"), region);
    let table = Table::new(&config, name);
    // The embedded database gets slower with each record of a stream, and keeps them all.
    let options = CreateOptions::new().without_streams();
    if table.create(&options).await.context(UNUSABLE)?.new {
        tracing::debug!(name, "table created");
    }
    let ghosts = table.forget_connections().await.context(UNUSABLE)?;
    if ghosts > 0 {
        tracing::info!("forgot {ghosts} connections of a run that did not end in order");
    }
    Ok(())
}

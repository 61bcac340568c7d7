//! DynamoDB on this machine: dynoxide with one SQLite file, served by HTTP to programs.

pub(crate) mod app_tables;
pub(crate) mod client;
pub(crate) mod connections_table;
pub(crate) mod rows;
mod server;
mod template_tables;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use dynoxide::Database as Engine;
use lift_local::HostNames;
use lift_template::Table;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::dev::dynamodb::{
    client::{EngineClient, WeakEngine},
    rows::TableReader,
};

/// How long the server may finish its requests. They take milliseconds, unless a client sends only half
/// a request.
const GRACE: Duration = Duration::from_secs(1);

/// The running database.
#[derive(Debug)]
pub(crate) struct Database {
    address: SocketAddr,
    file: PathBuf,
    engine: WeakEngine,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Database {
    /// Opens or creates `file`, creates `tables`, and serves the database on `listener` to programs that
    /// call localhost, an address or one of `allowed_hosts`.
    pub(crate) fn start(
        file: &Path,
        listener: TcpListener,
        tables: &[Table],
        allowed_hosts: HostNames,
    ) -> Result<Self> {
        let address = listener.local_addr()?;
        let name = file.to_str().context("the data folder's path is not UTF-8")?;
        let engine = Engine::new(name).map_err(|error| {
            anyhow!(
                "cannot open the database {name}: {error}. Delete its folder to start with an empty one"
            )
        })?;
        template_tables::create(&engine, tables)?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let client = EngineClient::new(engine, stop.clone());
        let engine = client.weak();
        let server = tokio::spawn(server::serve(listener, client, allowed_hosts, stopped));
        Ok(Self { address, file: file.to_owned(), engine, stop, server })
    }

    /// The address of the database.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the rows of these tables.
    pub(crate) fn reader(&self, tables: Vec<String>) -> TableReader {
        TableReader::new(self.engine.clone(), tables)
    }

    /// Stops the server, and waits until SQLite has removed its write-ahead log.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        if timeout(GRACE, self.server).await.is_err() {
            tracing::warn!("a DynamoDB client still uses the database; it is closed anyway");
            return;
        }
        // The server returns shortly before its last connection closes the file. Then SQLite removes its
        // write-ahead log.
        let log = self.file.with_extension("db-wal");
        for _ in 0..100 {
            if !log.exists() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

//! DynamoDB on this machine: dynoxide on one SQLite file, served over HTTP beside the gateway.

pub(crate) mod connections_table;
mod template_tables;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use dynoxide::Database as Engine;
use lift_template::Table;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long the server may finish its requests. They take milliseconds, so only a client that
/// sent half a request uses this up.
const GRACE: Duration = Duration::from_secs(1);

/// The running database.
#[derive(Debug)]
pub(crate) struct Database {
    address: SocketAddr,
    file: PathBuf,
    stop: CancellationToken,
    server: JoinHandle<Result<(), String>>,
}

impl Database {
    /// Opens `file`, which need not exist, and serves it on `listener` with these tables.
    pub(crate) fn start(file: &Path, listener: TcpListener, tables: &[Table]) -> Result<Self> {
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
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, engine, stopped));
        Ok(Self { address, file: file.to_owned(), stop, server })
    }

    /// Where the database listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server and closes the file, so that nothing but the file itself is left.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        if timeout(GRACE, self.server).await.is_err() {
            tracing::warn!("a DynamoDB client holds the database open; it is closed all the same");
            return;
        }
        // The server returns an instant before its last connection lets go of the file. SQLite
        // removes its write-ahead log when that happens.
        let log = self.file.with_extension("db-wal");
        for _ in 0..100 {
            if !log.exists() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

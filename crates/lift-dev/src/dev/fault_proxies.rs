//! `--faults PLAN`: proxies that inject faults between a function and its APIs.
//!
//! Functions get the addresses of the proxies: one for DynamoDB, one for `@connections`, and one for the
//! Runtime API of each process. Lift's own calls bypass them.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, anyhow};
use dynoxide::Database as Engine;
use lift_faults::{HttpUpstream, Link, Proxy};

use crate::dev::api::listen;

pub(crate) use lift_faults::{Faults, Plan as FaultPlan};

/// Reads a fault plan. The error of an invalid one names the line.
pub(crate) fn read_plan(path: &Path) -> Result<FaultPlan> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the fault plan {shown}"))?;
    text.parse().with_context(|| format!("{shown} is not a fault plan"))
}

/// The proxies that all processes share.
#[derive(Debug)]
pub(crate) struct FaultProxies {
    pub(crate) faults: Faults,
    database: Proxy,
    gateway: Proxy,
}

impl FaultProxies {
    /// Starts proxies for `database` and `gateway`, which need not listen yet.
    pub(crate) async fn start(
        plan: FaultPlan,
        database: SocketAddr,
        gateway: SocketAddr,
    ) -> Result<Self> {
        let faults = Faults::new(plan);
        let to_database = upstream(database)?;
        let to_database = if faults.plan().lags() {
            let replicas = [replica(database).await?, replica(database).await?];
            Link::dynamodb_with_copies(&faults, to_database, replicas)
        } else {
            Link::dynamodb(&faults, to_database)
        };
        let to_gateway = Link::connections(&faults, upstream(gateway)?);
        let (database, gateway) = (start(to_database).await?, start(to_gateway).await?);
        Ok(Self { faults, database, gateway })
    }

    /// The address of DynamoDB for functions.
    pub(crate) fn database(&self) -> SocketAddr {
        self.database.address()
    }

    /// The address of `@connections` for functions.
    pub(crate) fn gateway(&self) -> SocketAddr {
        self.gateway.address()
    }
}

/// Starts a proxy between one process and its Runtime API.
pub(crate) async fn runtime_proxy(faults: &Faults, api: SocketAddr) -> Result<Proxy> {
    start(Link::runtime(faults, upstream(api)?)).await
}

/// An empty database in memory, which serves lagging reads until the program ends.
async fn replica(database: SocketAddr) -> Result<HttpUpstream> {
    let listener = listen::free_port(database).await?;
    let address = listener.local_addr()?;
    let engine = Engine::memory().map_err(|error| anyhow!("no database in memory: {error}"))?;
    let never = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, engine, never));
    upstream(address)
}

async fn start(link: Link) -> Result<Proxy> {
    Proxy::start(link).await.context("no free port for a fault proxy")
}

fn upstream(address: SocketAddr) -> Result<HttpUpstream> {
    Ok(HttpUpstream::new(address.to_string())?)
}

//! `--faults PLAN`: what stands between the function and its APIs when things shall go wrong.
//!
//! The function is told the addresses of proxies, one for DynamoDB, one for `@connections`, and one
//! for the Runtime API of each process. Lift's own calls go past them.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, anyhow};
use dynoxide::Database as Engine;
use lift_faults::{HttpUpstream, Link, Proxy};

use crate::dev::api::listen;

pub(crate) use lift_faults::{Faults, Plan};

/// Reads a plan, or says which line is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Plan> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the plan {shown}"))?;
    text.parse().with_context(|| format!("{shown} is not a plan of faults"))
}

/// The proxies that the whole function shares.
#[derive(Debug)]
pub(crate) struct FaultProxies {
    pub(crate) faults: Faults,
    database: Proxy,
    gateway: Proxy,
}

impl FaultProxies {
    /// Stands between the function and these two, which need not be up yet.
    pub(crate) async fn start(
        plan: Plan,
        database: SocketAddr,
        gateway: SocketAddr,
    ) -> Result<Self> {
        let faults = Faults::new(plan);
        let to_database = upstream(database)?;
        let to_database = match faults.plan().lags() {
            true => {
                let copies = [copy(database).await?, copy(database).await?];
                Link::dynamodb_with_copies(&faults, to_database, copies)
            }
            false => Link::dynamodb(&faults, to_database),
        };
        let to_gateway = Link::connections(&faults, upstream(gateway)?);
        let (database, gateway) = (start(to_database).await?, start(to_gateway).await?);
        Ok(Self { faults, database, gateway })
    }

    /// Where the function finds its database.
    pub(crate) fn database(&self) -> SocketAddr {
        self.database.address()
    }

    /// Where the function finds `@connections`.
    pub(crate) fn gateway(&self) -> SocketAddr {
        self.gateway.address()
    }
}

/// Stands between one process and its Runtime API.
pub(crate) async fn runtime_proxy(faults: &Faults, api: SocketAddr) -> Result<Proxy> {
    start(Link::runtime(faults, upstream(api)?)).await
}

/// An empty database in memory, for reads that lag. It lives as long as the program.
async fn copy(beside: SocketAddr) -> Result<HttpUpstream> {
    let listener = listen::any(beside).await?;
    let address = listener.local_addr()?;
    let engine = Engine::memory().map_err(|error| anyhow!("no database in memory: {error}"))?;
    let never = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, engine, never));
    upstream(address)
}

async fn start(link: Link) -> Result<Proxy> {
    Proxy::start(link).await.context("no free port for the faults")
}

fn upstream(address: SocketAddr) -> Result<HttpUpstream> {
    Ok(HttpUpstream::new(address.to_string())?)
}

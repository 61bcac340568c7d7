//! `--faults PLAN`: proxies that inject faults between a function and its APIs.
//!
//! Functions get the addresses of the proxies: one for DynamoDB, one for `@connections`, and one for the
//! Runtime API of each process. Lift's own calls bypass them.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, anyhow};
use dynoxide::Database as Engine;
use lift_faults::{HostNames, HttpUpstream, Link, Proxy, Upstream};
use tokio_util::sync::CancellationToken;

use crate::dev::dynamodb::client::EngineClient;

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
    /// Starts proxies for `database` and `gateway`, which need not listen yet. They take what
    /// programs send to this machine or to `allowed_hosts`.
    pub(crate) async fn start(
        plan: FaultPlan,
        database: SocketAddr,
        gateway: SocketAddr,
        allowed_hosts: HostNames,
    ) -> Result<Self> {
        let faults = Faults::new(plan);
        let to_database = upstream(database)?;
        let to_database = if faults.plan().lags() {
            let replicas = [replica()?, replica()?];
            Link::dynamodb_with_copies(&faults, to_database, replicas)
        } else {
            Link::dynamodb(&faults, to_database)
        };
        let to_gateway = Link::connections(&faults, upstream(gateway)?);
        let database = start(to_database, allowed_hosts.clone()).await?;
        let gateway = start(to_gateway, allowed_hosts).await?;
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
    start(Link::runtime(faults, upstream(api)?), HostNames::default()).await
}

/// An empty database in memory, which serves lagging reads until the program ends.
fn replica() -> Result<impl Upstream> {
    let engine = Engine::memory().map_err(|error| anyhow!("no database in memory: {error}"))?;
    let client = EngineClient::new(engine, CancellationToken::new());
    Ok(move |request| {
        let client = client.clone();
        async move { client.call(request).await }
    })
}

async fn start(link: Link, allowed_hosts: HostNames) -> Result<Proxy> {
    Proxy::start(link, allowed_hosts).await.context("no free port for a fault proxy")
}

fn upstream(address: SocketAddr) -> Result<HttpUpstream> {
    Ok(HttpUpstream::new(address.to_string())?)
}

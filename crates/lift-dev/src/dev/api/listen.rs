//! The sockets that Lift listens on. They are bound before the build, so that a taken port is
//! known at once and not after a minute of compiling.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;

/// Binds the gateway's own address, and says what to do when it is taken.
pub(crate) async fn gateway(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "port {} is taken by another program: stop the other program or pass --listen {}",
            address.port(),
            SocketAddr::new(address.ip(), 0),
        ),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => bail!(
            "{} is no address of this machine: pass --listen 127.0.0.1:{}",
            address.ip(),
            address.port(),
        ),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => bail!(
            "port {} is for the administrator alone: pass --listen with a port above 1023",
            address.port(),
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Where a program on this machine reaches what listens on `address`.
pub(crate) fn from_here(address: SocketAddr) -> SocketAddr {
    match address.ip().is_unspecified() {
        true => SocketAddr::new(loopback(address.ip()), address.port()),
        false => address,
    }
}

/// Binds the port after `address`, which is easy to remember, or any other when that is taken.
/// Always on loopback: what is beside the gateway is for the function alone.
pub(crate) async fn beside(address: SocketAddr) -> Result<TcpListener> {
    let address = SocketAddr::new(loopback(address.ip()), address.port());
    if let Some(port) = address.port().checked_add(1)
        && let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), port)).await
    {
        return Ok(listener);
    }
    any(address).await
}

/// Binds any free port on the same interface as `address`.
pub(crate) async fn any(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address.ip(), 0)).await.context("no free port to listen on")
}

/// The address itself when it is on loopback, else the loopback of its kind.
fn loopback(ip: IpAddr) -> IpAddr {
    match ip {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

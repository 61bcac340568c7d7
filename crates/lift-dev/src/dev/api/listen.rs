//! The sockets that Lift listens on. They are bound before the build, so that a taken port is reported
//! at once and not after a minute of compiling.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;

/// Binds the address of the gateway.
pub(crate) async fn gateway(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "port {} is taken by another program: stop the other program or pass --listen {}",
            address.port(),
            SocketAddr::new(address.ip(), 0),
        ),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => bail!(
            "{} is not an address of this machine: pass --listen 127.0.0.1:{}",
            address.ip(),
            address.port(),
        ),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => bail!(
            "port {} needs administrator rights: pass --listen with a port above 1023",
            address.port(),
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// The address at which programs on this machine reach a socket that listens on `address`.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(loopback(address.ip()), address.port())
    } else {
        address
    }
}

/// Binds the port after that of `address`, or any free port if it is taken. Always on loopback, because
/// only functions on this machine use it.
pub(crate) async fn next_port(address: SocketAddr) -> Result<TcpListener> {
    let address = SocketAddr::new(loopback(address.ip()), address.port());
    if let Some(port) = address.port().checked_add(1)
        && let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), port)).await
    {
        return Ok(listener);
    }
    free_port(address).await
}

/// Binds any free port on the same interface as `address`.
pub(crate) async fn free_port(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address.ip(), 0)).await.context("no free port to listen on")
}

/// `ip` if it is a loopback address, or else the loopback address of its family.
fn loopback(ip: IpAddr) -> IpAddr {
    match ip {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

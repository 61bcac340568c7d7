//! The sockets that Lift listens on. They are bound before the build, so that a taken port is
//! known at once and not after a minute of compiling.

use std::io;
use std::net::SocketAddr;

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
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Binds the port after `address`, which is easy to remember, or any other when that is taken.
pub(crate) async fn beside(address: SocketAddr) -> Result<TcpListener> {
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

//! Thousands of WebSocket clients on real sockets in one process.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

pub(crate) type Client = WebSocketStream<TcpStream>;

/// The number of concurrent handshakes, which is less than the listener's backlog.
const AT_ONCE: usize = 256;

/// How many clients share a local address. With more, the kernel's search for a free port is slow.
const PER_ADDRESS: usize = 5_000;

/// How long a client waits before it reports a message as lost.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The read buffer of a client in bytes; the library's default is 128 KiB.
const READ_BUFFER: usize = 4 * 1024;

/// A socket to the server. Each process uses other local addresses, so that ports in TIME_WAIT from an
/// earlier process do not matter.
pub(crate) async fn socket(server: SocketAddr, number: usize) -> Result<TcpStream> {
    let [_, _, b, c] = std::process::id().to_be_bytes();
    let last = u8::try_from(2 + number / PER_ADDRESS).context("too many clients")?;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, b, c, last), 0)))?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Connects a client.
pub(crate) async fn connect(server: SocketAddr, number: usize) -> Result<Client> {
    upgrade(server, socket(server, number).await?).await
}

/// Performs the handshake on a socket.
pub(crate) async fn upgrade(server: SocketAddr, socket: TcpStream) -> Result<Client> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
    let url = format!("ws://{server}/load");
    // A handshake is a large future.
    let handshake = Box::pin(client_async_with_config(url, socket, Some(config)));
    Ok(timeout(TIMEOUT, handshake).await.context("no response to a handshake")??.0)
}

/// Connects many clients, numbered from `first`.
pub(crate) async fn connect_many(
    server: SocketAddr,
    first: usize,
    count: usize,
) -> Result<Vec<Client>> {
    let connecting = (first..first + count).map(|number| connect(server, number));
    stream::iter(connecting).buffer_unordered(AT_ONCE).try_collect().await
}

/// Sends a text and waits for the reply.
pub(crate) async fn ask(client: &mut Client, text: &str) -> Result<String> {
    client.send(Message::text(text)).await?;
    receive(client).await
}

/// Returns the next text message.
pub(crate) async fn receive(client: &mut Client) -> Result<String> {
    loop {
        match timeout(TIMEOUT, client.next()).await.context("no message came")? {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => bail!("closed: {frame:?}"),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => bail!("the connection ended"),
        }
    }
}

/// Returns how many of the clients get a reply to a message.
pub(crate) async fn count_served(clients: &mut [Client]) -> u64 {
    let asking = clients.iter_mut().map(|client| async { ask(client, "there?").await.is_ok() });
    let replies: Vec<bool> = stream::iter(asking).buffer_unordered(AT_ONCE).collect().await;
    replies.into_iter().filter(|replied| *replied).count() as u64
}

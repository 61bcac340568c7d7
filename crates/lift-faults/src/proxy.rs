//! Serves a link over HTTP on loopback, for programs that take the address of an API.

use std::{
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use lift_local::{Admitted, Guard, HostNames, Reset};
use tokio::{net::TcpListener, task::JoinSet};

use crate::link::Link;

/// More than the largest request of any of the APIs: 16 MB, a batch of DynamoDB.
const REQUEST_BYTES: usize = 20 * 1024 * 1024;

/// Serves a [`Link`] on a free loopback port. Dropping it ends the server and resets its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Proxy {
    /// Starts the server. It refuses requests of web pages, and hosts that are not names of this machine
    /// or `allowed_hosts`.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(link: Link, allowed_hosts: HostNames) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(async move {
            let api = move |request| {
                let link = link.clone();
                async move { respond(&link, request).await }
            };
            let guard = Guard::programs(allowed_hosts);
            // No timeouts: a call for the next event may wait for hours.
            lift_local::serve(&listener, &guard, None, api, pending()).await;
        });
        Ok(Self { address, _server: server })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL without a path, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn respond(link: &Link, request: Admitted<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let (head, body) = request.into_request().into_parts();
    let body = match Limited::new(body, REQUEST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let mut refused = Response::default();
            *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            return Ok(refused);
        }
        // The client has disconnected in the middle of its request.
        Err(_) => return pending().await,
    };
    let response = link.call(Request::from_parts(head, body)).await;
    response.map(|response| response.map(Full::new))
}

//! Calls of `@connections`, as the function makes them.

use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Request;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The maximum number of posts in flight.
const AT_ONCE: usize = 64;

#[derive(Clone)]
pub(crate) struct Management {
    http: Client<HttpConnector, Full<Bytes>>,
    server: SocketAddr,
}

impl Management {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { http: Client::builder(TokioExecutor::new()).build(connector), server }
    }

    /// Posts a message and returns the status.
    pub(crate) async fn post(&self, id: &str, data: Bytes) -> Result<u16> {
        let url = format!("http://{}/load/@connections/{id}", self.server);
        let request = Request::post(url).body(Full::new(data))?;
        Ok(self.http.request(request).await?.status().as_u16())
    }

    /// Posts a message to all ids. Returns how many posts got 200 and how many got 429.
    pub(crate) async fn broadcast(&self, ids: &[String], data: &Bytes) -> Result<[u64; 2]> {
        let posts = ids.iter().map(|id| self.post(id, data.clone()));
        let mut posts = stream::iter(posts).buffer_unordered(AT_ONCE);
        let mut counts = [0; 2];
        while let Some(status) = posts.next().await {
            match status? {
                200 => counts[0] += 1,
                429 => counts[1] += 1,
                other => anyhow::bail!("the status of a post is {other}"),
            }
        }
        Ok(counts)
    }
}
